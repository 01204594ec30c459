import { Liveness } from '../shared/liveness.js';
import { Peer } from '../shared/peer.js';
import { Ear } from '../shared/sound.js';

/**
 * One call's sound on the agent's side. `phase`: `ringing`, `dialling`, `progress`, `talking`, `over`.
 * Event `change` after every change, `lost` when the connection has to be made anew.
 */
export class PhoneLeg extends EventTarget {
  peer = null;
  ear = null;
  liveness = null;
  isMuted = false;
  isOnHold = false;
  counters = null;
  /** What was pressed during the call, newest last. */
  digits = '';
  #microphone;
  #pending = null;

  constructor(leg, phase, microphone, { iceServers = [], caller = null } = {}) {
    super();
    this.leg = leg;
    this.phase = phase;
    this.caller = caller;
    this.iceServers = iceServers;
    this.#microphone = microphone;
    this.startedAt = performance.now();
  }

  get isLive() { return this.phase === 'talking'; }

  /** An answer to the offer that rang. */
  async answer(offer) {
    this.#open();
    const own = await this.#ownTrack();
    const sdp = await this.peer.answer(offer, own);
    this.enter('talking');
    return sdp;
  }

  /**
   * An offer for a new connection: to dial, or to come back to a leg whose connection or page was lost. A call on hold
   * comes back on hold: the other side was told that nobody hears it.
   */
  async offer({ hold = false } = {}) {
    this.#pending = null;
    this.isOnHold = hold;
    this.#open();
    const own = await this.#ownTrack();
    return this.peer.offer(hold ? null : own, hold ? 'sendonly' : 'sendrecv');
  }

  /** An offer on the connection that stands: on hold, or off it. */
  async holdOffer(hold) {
    this.#pending = hold;
    this.peer.direction = hold ? 'sendonly' : 'sendrecv';
    await this.peer.send(hold ? null : this.#track);
    return this.peer.offer();
  }

  /** The answer to an offer of ours. */
  async accept(sdp) {
    if (this.peer?.connection.signalingState !== 'have-local-offer') return;
    await this.peer.accept(sdp);
    if (this.#pending !== null) this.isOnHold = this.#pending;
    this.#pending = null;
    if (this.phase !== 'talking' && this.phase !== 'over') this.enter('talking');
    this.tell();
  }

  /** Hold wasn't granted: everything as before. */
  async undoOffer() {
    if (this.#pending === null || !this.peer) return;
    await this.peer.connection.setLocalDescription({ type: 'rollback' });
    this.#pending = null;
    this.peer.direction = this.isOnHold ? 'sendonly' : 'sendrecv';
    await this.peer.send(this.isOnHold ? null : this.#track);
    this.tell();
  }

  get isChangingHold() { return this.#pending !== null; }

  /** On hold as he last wished it, granted or not yet. */
  get wantsHold() { return this.#pending ?? this.isOnHold; }

  mute(isMuted) {
    this.isMuted = isMuted;
    if (this.#track) this.#track.enabled = !isMuted;
    this.tell();
  }

  /** Whether the digit was sent (RFC 4733). */
  press(digit) {
    const { dtmf } = this.peer?.sender ?? {};
    if (!dtmf?.canInsertDTMF) return false;
    dtmf.insertDTMF(dtmf.toneBuffer + digit, 120, 70);
    this.digits = (this.digits + digit).slice(-24);
    this.tell();
    return true;
  }

  end() {
    this.phase = 'over';
    this.#closePeer();
    this.ear?.close();
    this.ear = null;
    this.#track?.stop();
    this.#track = null;
    this.tell();
  }

  enter(phase) {
    this.phase = phase;
    this.tell();
  }

  tell() { this.dispatchEvent(new Event('change')); }

  #track = null;

  /** A track of its own: muting one call must not mute another. */
  async #ownTrack() {
    const track = await this.#microphone.open();
    // Permission may have come when nobody was there any more.
    if (this.phase === 'over') throw new Error('The call has ended.');
    this.#track?.stop();
    this.#track = track.clone();
    this.#track.enabled = !this.isMuted;
    return this.#track;
  }

  #open() {
    this.#closePeer();
    this.peer = new Peer({ iceServers: this.iceServers });
    if (!this.ear) {
      this.ear = new Ear();
      this.ear.addEventListener('blocked', () => this.tell());
    }
    const { ear } = this;
    this.peer.addEventListener('stream', ({ detail }) => ear.attach(detail));
    this.liveness = new Liveness(this.peer);
    this.liveness.addEventListener('counters', ({ detail }) => { this.counters = detail; });
    this.liveness.addEventListener('lost', () => {
      if (this.isLive) this.dispatchEvent(new Event('lost'));
    });
  }

  #closePeer() {
    this.liveness?.stop();
    this.liveness = null;
    this.peer?.close();
    this.peer = null;
  }
}
