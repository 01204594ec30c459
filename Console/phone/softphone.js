import { PhoneLeg } from './phone-leg.js';
import { learnServerTime } from '../shared/clock.js';
import { LiveSocket } from '../shared/live-socket.js';
import { Microphone } from '../shared/microphone.js';
import { rememberInTab, rememberedInTab } from '../shared/preferences.js';

/**
 * The agent's phone: speaks the protocol of `/v1/phone`, owns the legs, knows nothing of how it is drawn.
 * Events: `change`; `refused` (detail: `{what, title, detail}`); `ended` (detail: `{leg, reason}`).
 */
export class Softphone extends EventTarget {
  socket = new LiveSocket(() => '/v1/phone');
  microphone = new Microphone();
  /** AgentViewDocument; null until the server has said it, and again while the connection is lost. */
  view = null;
  legs = new Map();
  isAway = false;
  #offers = new Map();
  #lastLocal = 0;

  constructor({ iceServers = [] } = {}) {
    super();
    this.iceServers = iceServers;
    this.socket.addEventListener('message', ({ detail }) => this.#take(detail));
    this.socket.addEventListener('state', () => {
      // What he was told of his calls may be over by now; the sound goes on.
      if (this.socket.state !== 'open') this.view = null;
      else if (this.isAway) this.socket.send({ type: 'away' });
      this.#tell();
    });
  }

  get ringing() { return [...this.legs.values()].filter((leg) => leg.phase === 'ringing'); }

  get talking() { return [...this.legs.values()].filter((leg) => leg.isLive); }

  callOf(leg) { return this.view?.calls.find((call) => call.leg === leg.leg) ?? null; }

  setAway(isAway) {
    this.isAway = isAway;
    this.socket.send({ type: isAway ? 'away' : 'ready' });
    this.#tell();
  }

  /** Answers; a call that is being talked on is put on hold. */
  async answer(leg) {
    const offer = this.#offers.get(leg.leg);
    if (!offer) return;
    this.#offers.delete(leg.leg);
    await this.#holdOthers(leg);
    try {
      this.socket.send({ type: 'answer', leg: leg.leg, answer: await leg.answer(offer) });
    } catch (fault) {
      if (leg.phase === 'over') return this.#restMicrophone();
      this.#offers.set(leg.leg, offer);
      throw fault;
    }
  }

  reject(leg) {
    this.socket.send({ type: 'reject', leg: leg.leg });
    this.#remove(leg);
  }

  hangUp(leg) {
    this.socket.send({ type: 'hangup', leg: leg.leg });
    this.#remove(leg);
  }

  async dial(number) {
    await this.#holdOthers(null);
    this.#lastLocal += 1;
    const leg = this.#add(`local-${this.#lastLocal}`, 'dialling', { user: number, name: '' });
    try {
      const offer = await leg.offer();
      if (!this.socket.send({ type: 'dial', leg: leg.leg, number, offer })) throw new Error('The server can’t be reached now.');
    } catch (fault) {
      if (leg.phase === 'over') return this.#restMicrophone();
      this.#remove(leg);
      throw fault;
    }
  }

  async hold(leg, hold) {
    if (leg.isOnHold === hold || leg.isChangingHold) return;
    if (!hold) await this.#holdOthers(leg);
    this.socket.send({ type: 'offer', leg: leg.leg, offer: await leg.holdOffer(hold) });
    this.#tell();
  }

  mute(leg, isMuted) {
    leg.mute(isMuted);
    this.#rememberMuted();
  }

  raiseHand(call, raised, word) {
    this.socket.send({ type: 'hand', call, raised, ...(word ? { word } : {}) });
  }

  consent(session, accepts) { this.socket.send({ type: 'consent', session, accepts }); }

  async #holdOthers(leg) {
    for (const other of this.talking) {
      if (other !== leg && !other.isOnHold) await this.hold(other, true);
    }
  }

  #take(message) {
    const leg = this.legs.get(message.leg);
    switch (message.type) {
      case 'view':
        learnServerTime(message.serverTime);
        this.view = message.view;
        this.#matchLegs();
        break;
      case 'ring':
        this.#offers.set(message.leg, message.offer);
        if (!leg) this.#add(message.leg, 'ringing', message.caller);
        // The device is opened while it rings, so that Answer is quick.
        this.microphone.open().then(() => this.#restMicrophone(), () => {});
        break;
      case 'dialling': {
        const dialled = this.legs.get(message.local);
        if (!dialled) {
          // Given up before the server had named it.
          this.socket.send({ type: 'hangup', leg: message.leg });
          break;
        }
        this.legs.delete(message.local);
        dialled.leg = message.leg;
        this.legs.set(message.leg, dialled);
        break;
      }
      case 'progress':
        if (leg?.phase === 'dialling') leg.enter('progress');
        break;
      case 'answer':
        leg?.accept(message.answer).catch((fault) => this.#refuse('answer', 'The sound could not be opened', fault.message));
        break;
      case 'stop-ringing':
      case 'ended':
        if (leg) this.#remove(leg);
        this.dispatchEvent(new CustomEvent('ended', { detail: { leg, reason: message.reason } }));
        break;
      case 'refused':
        if (leg?.phase === 'dialling') this.#remove(leg);
        else leg?.undoOffer().catch(() => {});
        this.#refuse(message.what, message.title, message.detail);
        break;
    }
    this.#tell();
  }

  /** After a break or a reload: legs that the server still has get a connection; those it has no more are closed. */
  #matchLegs() {
    const known = new Set(this.view.calls.map((call) => call.leg).filter(Boolean));
    for (const call of this.view.calls) {
      if (call.leg && call.phase === 'answered' && !this.legs.has(call.leg)) {
        const leg = this.#add(call.leg, 'talking', { user: call.otherNumber, name: call.otherName });
        leg.isMuted = rememberedInTab('muted-legs', []).includes(call.leg);
        this.#comeBack(leg, call.holds);
      }
    }
    for (const leg of this.talking) {
      if (known.has(leg.leg)) leg.wasKnown = true;
      else if (leg.wasKnown) this.#remove(leg);
    }
  }

  /** As it was: on hold or not, muted or not. */
  async #comeBack(leg, hold = leg.wantsHold) {
    try {
      this.socket.send({ type: 'offer', leg: leg.leg, offer: await leg.offer({ hold }) });
    } catch (fault) {
      if (leg.phase === 'over') return this.#restMicrophone();
      this.#refuse('offer', fault.title ?? 'The sound could not be brought back', fault.detail ?? fault.message);
    }
  }

  #add(id, phase, caller) {
    const leg = new PhoneLeg(id, phase, this.microphone, { iceServers: this.iceServers, caller });
    leg.addEventListener('change', () => this.#tell());
    leg.addEventListener('lost', () => this.#comeBack(leg));
    this.legs.set(id, leg);
    return leg;
  }

  #remove(leg) {
    this.legs.delete(leg.leg);
    this.#offers.delete(leg.leg);
    leg.end();
    this.#rememberMuted();
    this.#restMicrophone();
    this.#tell();
  }

  /** Without a call no device is open, also where permission for it came after the last one had ended. */
  #restMicrophone() {
    if (this.legs.size === 0) this.microphone.close();
  }

  /** A page that is loaded anew must not open a muted call to the other side. */
  #rememberMuted() {
    rememberInTab('muted-legs', [...this.legs.values()].filter((leg) => leg.isMuted).map((leg) => leg.leg));
  }

  #refuse(what, title, detail) {
    this.dispatchEvent(new CustomEvent('refused', { detail: { what, title, detail } }));
  }

  #tell() { this.dispatchEvent(new Event('change')); }
}
