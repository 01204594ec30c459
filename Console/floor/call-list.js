import { attentionKey, compareKeys, nextFlagAt } from './attention.js';
import { CallRow } from './call-row.js';
import { onTick, serverNow } from '../shared/clock.js';
import { el } from '../shared/dom.js';

/** How long the order rests after a step by keyboard, ms. */
const rest = 4000;
const columns = ['State', 'Time', 'Agent', 'Queue', 'Customer', 'Flags', 'Supervised by', ''];

/**
 * The calls that pass the filters, first what needs attention. Keyed rows: an update touches the calls that changed,
 * and the order only if a key of the order did. While the pointer is over it or somebody steps through it, nothing
 * moves. Events: `choose` (a row is the selected one), `listen`.
 */
class CallList extends HTMLElement {
  #rows = new Map();
  #visible = new Set();
  #keys = new Map();
  #isPointed = false;
  #steppedAt = -Infinity;
  #isStale = false;
  #nextFlag = Infinity;
  selected = null;

  connectedCallback() {
    this.body = el('div', { role: 'rowgroup', class: 'calls' });
    this.append(el('div', { role: 'grid', 'aria-label': 'Calls', 'aria-readonly': 'true', 'data-test': 'call-list' },
      el('div', { role: 'rowgroup', class: 'head' }, el('div', { role: 'row' },
        columns.map((text) => el('div', { role: 'columnheader' }, text || el('span', { class: 'spoken' }, 'Action'))))),
      this.body));
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const row = this.#rows.get(target.dataset.call);
        if (!row || !isIntersecting) this.#visible.delete(row);
        else this.#visible.add(row.hasEnded ? row : (row.tick(serverNow()), row));
      }
    });
    this.body.addEventListener('pointerenter', () => { this.#isPointed = true; });
    this.body.addEventListener('pointerleave', () => {
      this.#isPointed = false;
      this.#settle();
    });
    this.body.addEventListener('click', (event) => this.#clicked(event));
    this.body.addEventListener('keydown', (event) => this.#pressed(event));
    this.body.addEventListener('focusin', (event) => {
      const row = event.target.closest('.call');
      if (row) this.select(row.dataset.call, { isSilent: row.dataset.call === this.selected });
    });
    onTick((now) => this.#tick(now));
  }

  /**
   * @param {Map<string, object>} calls those that pass the filters
   * @param {Set<string>|null} changed ids that may differ from the last time; null for all
   */
  show(calls, changed, context) {
    this.calls = calls;
    this.context = context;
    const { now } = context;
    for (const id of changed ?? calls.keys()) {
      const call = calls.get(id);
      if (call) this.#put(call);
    }
    for (const [id, row] of this.#rows) {
      if (calls.has(id)) continue;
      if (this.#isResting && !context.isFiltering) {
        if (!row.hasEnded) row.end();
        this.#isStale = true;
      } else {
        this.#remove(id);
      }
    }
    this.#nextFlag = Math.min(Infinity, ...[...calls.values()].map((call) => nextFlagAt(call, now)));
    if (this.#isStale && (!this.#isResting || context.isFiltering)) this.#order();
    if (this.selected === null || !this.#rows.has(this.selected)) this.select(this.body.firstChild?.dataset.call ?? null);
  }

  select(id, { isSilent = false } = {}) {
    if (this.selected !== id) {
      const before = this.#rows.get(this.selected);
      if (before) before.isSelected = false;
      this.selected = id;
    }
    const row = this.#rows.get(id);
    if (row) row.isSelected = true;
    if (!isSilent) this.dispatchEvent(new CustomEvent('choose', { detail: id }));
  }

  /** @param {number} by rows down */
  step(by) {
    const rows = [...this.body.children];
    if (rows.length === 0) return;
    const at = rows.findIndex((row) => row.dataset.call === this.selected);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    this.#steppedAt = performance.now();
    next.focus();
    next.scrollIntoView({ block: 'nearest' });
  }

  /** The order rests while somebody aims at it. */
  get #isResting() { return this.#isPointed || performance.now() - this.#steppedAt < rest; }

  #put(call) {
    let row = this.#rows.get(call.id);
    if (!row) {
      row = new CallRow(call.id);
      this.#rows.set(call.id, row);
      row.update(call, this.context);
      this.body.append(row.element);
      this.observer.observe(row.element);
      this.#isStale = true;
    } else {
      row.update(call, this.context);
    }
    this.#rekey(call);
  }

  #rekey(call) {
    const key = attentionKey(call, this.context.now);
    const before = this.#keys.get(call.id);
    if (!before || compareKeys(before, key) !== 0) this.#isStale = true;
    this.#keys.set(call.id, key);
  }

  #remove(id) {
    const row = this.#rows.get(id);
    const hadFocus = row.element.contains(document.activeElement);
    const neighbour = row.element.nextElementSibling ?? row.element.previousElementSibling;
    this.observer.unobserve(row.element);
    this.#visible.delete(row);
    row.element.remove();
    this.#rows.delete(id);
    this.#keys.delete(id);
    if (hadFocus) neighbour?.focus();
  }

  /** Brings the rows into order with few moves: where one row left its place, that row alone is moved. */
  #order() {
    this.#isStale = false;
    const order = [...this.#rows.keys()].filter((id) => this.#keys.has(id))
      .sort((a, b) => compareKeys(this.#keys.get(a), this.#keys.get(b)));
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    let cursor = this.body.firstChild;
    for (const id of order) {
      const { element } = this.#rows.get(id);
      if (element !== cursor && element === cursor?.nextSibling) {
        this.body.append(cursor);
        cursor = element;
      }
      if (element === cursor) cursor = cursor.nextSibling;
      else this.body.insertBefore(element, cursor);
    }
    if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }

  #settle() {
    if (!this.#isStale || this.#isResting || !this.calls) return;
    for (const [id, row] of this.#rows) if (row.hasEnded) this.#remove(id);
    this.#order();
  }

  #tick(now) {
    for (const row of this.#visible) if (!row.hasEnded) row.tick(now);
    if (now >= this.#nextFlag && this.calls) {
      this.context.now = now;
      for (const call of this.calls.values()) this.#rekey(call);
      this.#nextFlag = Math.min(Infinity, ...[...this.calls.values()].map((call) => nextFlagAt(call, now)));
      this.dispatchEvent(new Event('flags'));
    }
    this.#settle();
  }

  #clicked(event) {
    const row = event.target.closest('.call');
    if (!row) return;
    this.select(row.dataset.call);
    if (event.target.closest('.listen')) this.#listen();
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      event.preventDefault();
      this.step(steps[event.key]);
    } else if (event.key === 'Enter' && event.target.matches('.call')) {
      event.preventDefault();
      this.#listen();
    }
  }

  #listen() {
    this.dispatchEvent(new CustomEvent('listen', { detail: this.selected }));
  }
}

customElements.define('call-list', CallList);
