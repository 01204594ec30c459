/** How often it is looked, ms. */
const interval = 500;

/**
 * Watches a `Peer` and says `lost` once, early enough that the way back fits into five seconds. The browser's own
 * verdict takes longer than that, so packets and the answers to ICE's questions are counted. Event `counters` has
 * the newest in its detail.
 */
export class Liveness extends EventTarget {
  #peer;
  #timer;
  #last = { packets: 0, answered: 0, asked: 0 };
  #packetsAt = performance.now();
  #answeredAt = performance.now();
  #sinceAnswer = 0;
  #disconnectedAt = null;
  #isLost = false;
  #whenOnline = () => this.#lose('network');

  constructor(peer) {
    super();
    this.#peer = peer;
    this.#timer = setInterval(() => this.#look(), interval);
    // A network that comes back is another one: what was bound to the old is not waited for.
    addEventListener('online', this.#whenOnline);
  }

  stop() {
    clearInterval(this.#timer);
    removeEventListener('online', this.#whenOnline);
  }

  /** Milliseconds without a packet. */
  get quietFor() { return performance.now() - this.#packetsAt; }

  async #look() {
    const state = this.#peer.state;
    if (state === 'failed' || state === 'closed') return this.#lose(state);
    const now = performance.now();
    if (state !== 'connected') {
      this.#disconnectedAt ??= now;
      const patience = state === 'disconnected' ? 900 : 8000;
      if (now - this.#disconnectedAt > patience) this.#lose(state);
      return;
    }
    this.#disconnectedAt = null;
    const counters = await this.#peer.counters();
    if (counters.packets > this.#last.packets) this.#packetsAt = now;
    if (counters.answered > this.#last.answered) {
      this.#answeredAt = now;
      this.#sinceAnswer = counters.asked;
    }
    this.#last = counters;
    this.dispatchEvent(new CustomEvent('counters', { detail: counters }));
    // Silence alone is no loss: a call on hold may send nothing. Questions without answers are.
    const unanswered = counters.asked - this.#sinceAnswer;
    const quiet = now - Math.max(this.#packetsAt, this.#answeredAt);
    if ((quiet > 1500 && unanswered >= 2) || quiet > 4000) this.#lose('quiet');
  }

  #lose(why) {
    if (this.#isLost) return;
    this.#isLost = true;
    this.stop();
    this.dispatchEvent(new CustomEvent('lost', { detail: why }));
  }
}
