/**
 * The calls in scope, as the event stream tells them. Event `change`, with `{changed: Set<id>, gone: Set<id>,
 * isWhole}` in its detail; several messages before the next frame come as one.
 */
export class CallStore extends EventTarget {
  calls = new Map();
  cursor = null;
  /** False until the first snapshot. */
  isKnown = false;
  #changed = new Set();
  #gone = new Set();
  #isWhole = false;
  #isScheduled = false;

  /** A message of `/v1/events`. */
  apply(message) {
    if (message.cursor) this.cursor = message.cursor;
    if (message.type === 'snapshot') {
      const present = new Set(message.calls.map((call) => call.id));
      for (const id of this.calls.keys()) if (!present.has(id)) this.#remove(id);
      for (const call of message.calls) this.#put(call);
      this.isKnown = true;
      this.#isWhole = true;
    } else if (message.type === 'delta') {
      for (const call of message.changed ?? []) this.#put(call);
      for (const id of message.gone ?? []) this.#remove(id);
    }
    this.#schedule();
  }

  /** One call that was asked for by itself; older news than what is known is dropped. */
  put(call) {
    if (!this.calls.has(call.id)) return;
    this.#put(call);
    this.#schedule();
  }

  #put(call) {
    const known = this.calls.get(call.id);
    if (known && known.revision > call.revision) return;
    this.calls.set(call.id, call);
    this.#changed.add(call.id);
    this.#gone.delete(call.id);
  }

  #remove(id) {
    if (!this.calls.delete(id)) return;
    this.#changed.delete(id);
    this.#gone.add(id);
  }

  /** A frame where the page can be seen; browsers stop frames, but not timers, of hidden pages. */
  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (document.hidden) setTimeout(() => this.#tell(), 0);
    else requestAnimationFrame(() => this.#tell());
  }

  #tell() {
    const detail = { changed: this.#changed, gone: this.#gone, isWhole: this.#isWhole };
    this.#changed = new Set();
    this.#gone = new Set();
    this.#isWhole = false;
    this.#isScheduled = false;
    this.dispatchEvent(new CustomEvent('change', { detail }));
  }
}
