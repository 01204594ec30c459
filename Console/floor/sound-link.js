import { Liveness } from '../shared/liveness.js';
import { Peer } from '../shared/peer.js';
import { Ear } from '../shared/sound.js';

/** How long the first sound is waited for with a mark, ms. */
const watch = 10_000;

/**
 * The way of the sound between this page and Earshot: made anew after each loss, while the loudspeaker stays.
 * Events: `change`, and `lost` when it has to be made anew.
 */
export class SoundLink extends EventTarget {
  #peer = null;
  #ear = null;
  #liveness = null;
  #marker = null;
  /** The newest of `Peer.counters()`; null before the first. */
  counters = null;

  /** Of the connection, as the browser calls it. */
  get state() { return this.#peer?.state ?? 'closed'; }

  /** What is heard; null for nothing. */
  get gauge() { return this.#ear?.gauge ?? null; }

  /** The browser wants a gesture before it plays: call `start()` from one. */
  get isBlocked() { return this.#ear?.isBlocked ?? false; }

  /** Milliseconds without a packet. */
  get quietFor() { return this.#liveness?.quietFor ?? 0; }

  start() { return this.#ear?.start(); }

  /** A new connection's offer. What was there before is closed. */
  async offer(iceServers) {
    this.drop();
    const peer = new Peer({ iceServers });
    this.#peer = peer;
    if (!this.#ear) {
      this.#ear = new Ear();
      this.#ear.addEventListener('blocked', () => this.#changed());
    }
    const ear = this.#ear;
    peer.addEventListener('stream', ({ detail }) => {
      ear.attach(detail);
      this.#markFirstSample();
    });
    return peer.offer();
  }

  /** The answer to it; from then on the connection is watched. */
  async accept(answer) {
    const peer = this.#peer;
    await peer.accept(answer);
    if (peer !== this.#peer) return;
    this.#liveness = new Liveness(peer);
    this.#liveness.addEventListener('counters', ({ detail }) => {
      this.counters = detail;
      this.#changed();
    });
    this.#liveness.addEventListener('lost', () => this.dispatchEvent(new Event('lost')));
  }

  /** What is sent from now on; null for nothing at all. */
  async send(track) { await this.#peer?.send(track); }

  drop() {
    clearInterval(this.#marker);
    this.#liveness?.stop();
    this.#liveness = null;
    this.#peer?.close();
    this.#peer = null;
  }

  close() {
    this.drop();
    this.#ear?.close();
    this.#ear = null;
    this.counters = null;
  }

  /** The moment when the first sound that isn't silence is in the loudspeaker's hands. */
  #markFirstSample() {
    clearInterval(this.#marker);
    const until = performance.now() + watch;
    this.#marker = setInterval(() => {
      const isHeard = (this.gauge?.rms(1024) ?? 0) > 0;
      if (isHeard) performance.mark('first-sample');
      if (isHeard || performance.now() > until) clearInterval(this.#marker);
    }, 10);
  }

  #changed() { this.dispatchEvent(new Event('change')); }
}
