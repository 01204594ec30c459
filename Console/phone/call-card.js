import { CueList } from './cue-list.js';
import { dialPad } from './dial-pad.js';
import { RaiseHand } from './raise-hand.js';
import { durationText, serverNow } from '../shared/clock.js';
import { el, rebuild, setAttribute, setText } from '../shared/dom.js';
import { icon } from '../shared/icons.js';

/** One call of the agent: its state, what can be done, what the supervisor writes. `act(name, …)` does it. */
export class CallCard {
  constructor(leg, act) {
    this.leg = leg;
    this.act = act;
    this.name = el('h2', { 'data-test': 'other-name' });
    this.number = el('p', { class: 'number', 'data-test': 'other-number' });
    this.state = el('span', { class: 'state', 'data-test': 'phone-state' });
    this.duration = el('span', { class: 'duration', 'data-test': 'phone-duration' });
    this.facts = el('p', { class: 'facts' });
    this.asks = el('div', { class: 'asks', role: 'alert' });
    this.cues = new CueList();
    this.hand = new RaiseHand((raised, word) => act('hand', raised, word));
    this.digits = el('output', { class: 'digits', 'data-test': 'digits', 'aria-label': 'Digits sent' });
    this.pad = el('details', { class: 'keypad', 'data-test': 'keypad' },
      el('summary', {}, icon('keypad'), 'Keypad'), this.digits, dialPad((digit) => act('press', digit)));
    this.startSound = this.#button('sound', 'Start sound', 'start-sound', 'primary', 'startSound');
    this.ringing = el('div', { class: 'buttons' },
      this.#button('answer', 'Answer', 'answer', 'answer large', 'answer'), this.#button('hangup', 'Reject', 'reject', 'bad', 'reject'));
    this.mute = this.#button('mute', 'Mute', 'mute', '', 'mute');
    this.hold = this.#button('hold', 'Hold', 'hold', '', 'hold');
    this.hangUp = this.#button('hangup', 'Hang up', 'hang-up', 'bad', 'hangUp');
    this.talking = el('div', { class: 'buttons' }, this.mute, this.hold, this.hangUp);
    this.element = el('article', { class: 'card', 'data-test': 'phone-call' },
      el('header', {}, el('div', {}, this.name, this.number, this.facts), el('div', { class: 'when' }, this.state, this.duration)),
      this.startSound, this.ringing, this.asks, this.cues.element, this.talking, this.pad, this.hand.element);
  }

  /** @param {object|null} call AgentCall, as far as the server has told of it */
  show(call) {
    const { leg } = this;
    this.call = call;
    const isRinging = leg.phase === 'ringing';
    const other = call?.otherName || leg.caller?.name || '';
    const number = call?.otherNumber || leg.caller?.user || '';
    setText(this.name, other || number || 'Unknown');
    setText(this.number, other ? number : '');
    setText(this.facts, call ? [call.queue, call.campaign, call.customerTier].filter(Boolean).join(' · ') : '');
    setText(this.state, this.#stateText(call));
    this.element.dataset.phase = leg.isOnHold ? 'hold' : leg.phase;
    this.ringing.hidden = !isRinging;
    this.talking.hidden = isRinging;
    this.mute.hidden = this.hold.hidden = this.pad.hidden = !leg.isLive;
    this.hand.element.hidden = !leg.isLive || !call;
    this.startSound.hidden = !leg.ear?.isBlocked;
    setAttribute(this.mute, 'aria-pressed', String(leg.isMuted));
    setText(this.mute.lastChild, leg.isMuted ? 'Unmute' : 'Mute');
    setAttribute(this.hold, 'aria-pressed', String(leg.isOnHold));
    setText(this.hold.lastChild, leg.isOnHold ? 'Resume' : 'Hold');
    this.hold.disabled = leg.isChangingHold;
    setText(this.digits, leg.digits);
    this.cues.show(call?.cues ?? []);
    this.hand.show(call?.hand);
    this.#showAsks(call?.asks ?? []);
    this.tick();
  }

  tick() {
    const since = this.call?.answered ?? this.call?.created;
    setText(this.duration, this.leg.isLive && since ? durationText(serverNow() - Date.parse(since)) : '');
    this.hand.show(this.call?.hand);
  }

  #stateText(call) {
    const { leg } = this;
    if (leg.isOnHold) return 'On hold by you';
    if (call?.isHeld) return 'The other side holds';
    return { ringing: 'Incoming call', dialling: 'Dialling', progress: 'Ringing there', talking: leg.isMuted ? 'Talking, muted' : 'Talking' }[leg.phase] ?? '';
  }

  #showAsks(asks) {
    rebuild(this.asks, asks.map((ask) => ask.session).join(), () => asks.map((ask) => el('div', { class: 'ask-whisper', 'data-test': 'whisper-ask' },
      el('p', {}, icon('whisper'), `${ask.supervisorName} would like to whisper to you.`),
      el('button', { type: 'button', class: 'primary', 'data-test': 'whisper-accept', onclick: () => this.act('consent', ask.session, true) }, 'Accept'),
      el('button', { type: 'button', 'data-test': 'whisper-reject', onclick: () => this.act('consent', ask.session, false) }, 'Not now'))));
  }

  #button(image, text, test, kind, name) {
    return el('button', { type: 'button', class: kind || null, 'data-test': test, onclick: () => this.act(name) }, icon(image), el('span', {}, text));
  }
}
