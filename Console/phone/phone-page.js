import './dial-pad.js';
import './microphone-check.js';
import './monitoring-notice.js';
import { CallCard } from './call-card.js';
import { RingTone } from './ring-tone.js';
import { Softphone } from './softphone.js';
import { goToSignIn } from '../shared/api.js';
import { onTick } from '../shared/clock.js';
import { el, rebuild, setText, takesKeys } from '../shared/dom.js';
import { Keyboard } from '../shared/keyboard.js';
import { notices } from '../shared/notices.js';
import { pageFrame, signedIn } from '../shared/page-frame.js';
import { exposeHeard } from '../shared/sound.js';

const linkTexts = {
  connecting: ['Connecting', 'Your calls appear as soon as the connection stands.'],
  offline: ['You are offline', 'Calls can’t reach you. It goes on by itself when the network is back.'],
  gone: ['Earshot can’t be reached', 'Calls can’t reach you now. It is tried again by itself; sound that still runs goes on.'],
  'signed-out': ['You are signed out', 'Sign in again to take calls.'],
  replaced: ['Your phone was opened elsewhere', 'Only one page takes your calls: the one that was opened last.'],
};

/** The agent's page: draws the softphone and hands it what is pressed. */
class PhonePage {
  monitoring = document.querySelector('monitoring-notice');
  link = document.querySelector('#link');
  microphoneCheck = document.querySelector('microphone-check');
  list = document.querySelector('#phone-calls');
  dialBox = document.querySelector('dial-box');
  tone = new RingTone();
  cards = new Map();

  constructor(info) {
    this.phone = new Softphone({ iceServers: info.iceServers });
    const keyboard = new Keyboard();
    this.ready = el('button', { type: 'button', class: 'ready', 'aria-pressed': 'true', 'data-test': 'ready', onclick: () => this.phone.setAway(!this.phone.isAway) }, 'Ready');
    this.frame = pageFrame(document.querySelector('#bar'), info, { keyboard, middle: [this.ready] });
    this.#bindKeys(keyboard);
    exposeHeard(() => this.#current?.ear?.gauge);
    this.phone.addEventListener('change', () => this.#schedule());
    this.phone.addEventListener('refused', ({ detail }) => notices().fail(detail));
    this.phone.addEventListener('ended', ({ detail }) => {
      // What he hung up or was refused himself is no news.
      if (detail.leg) notices().say('Call ended', detail.reason ?? '');
    });
    this.dialBox.addEventListener('dial', ({ detail }) => this.#try(async () => {
      await this.phone.dial(detail);
      this.dialBox.clear();
    }));
    onTick(() => {
      this.monitoring.tick();
      for (const card of this.cards.values()) card.tick();
      this.microphoneCheck.showBlocked(this.tone.isBlocked);
    });
  }

  start() {
    this.phone.socket.open();
    this.microphoneCheck.prepare(this.phone.microphone, () => this.phone.legs.size > 0);
    this.draw();
  }

  /** The leg that keys without a card speak to: the ringing one, or the one that is talked on. */
  get #current() {
    const { talking } = this.phone;
    return talking.find((leg) => !leg.isOnHold) ?? talking[0] ?? null;
  }

  draw() {
    const { phone } = this;
    const { state } = phone.socket;
    this.frame.show(state);
    this.monitoring.show(phone.view, state);
    this.#showLink(state, phone.view);
    this.dialBox.isDisabled = state !== 'open';
    this.ready.setAttribute('aria-pressed', String(!phone.isAway));
    setText(this.ready, phone.isAway ? 'Away: calls don’t ring' : 'Ready for calls');
    this.#showCards();
    const { ringing, talking } = phone;
    const isDialling = [...phone.legs.values()].some((leg) => leg.phase === 'progress');
    this.tone.play(ringing.length > 0 ? (talking.length > 0 ? 'waiting' : 'ring') : isDialling ? 'ringback' : null);
    this.microphoneCheck.showBlocked(this.tone.isBlocked);
    document.title = ringing.length > 0 ? 'Incoming call – Earshot' : talking.length > 0 ? 'In a call – Earshot' : 'Earshot phone';
  }

  #showCards() {
    const { phone } = this;
    for (const [leg, card] of this.cards) {
      if (phone.legs.get(leg.leg) === leg) continue;
      card.element.remove();
      this.cards.delete(leg);
    }
    for (const leg of phone.legs.values()) {
      let card = this.cards.get(leg);
      if (!card) {
        card = new CallCard(leg, (name, ...rest) => this.#act(leg, name, rest));
        this.cards.set(leg, card);
        this.list.append(card.element);
      }
      card.show(phone.callOf(leg));
    }
    this.empty ??= el('p', { class: 'empty', 'data-test': 'no-call' });
    setText(this.empty, phone.isAway ? 'No call. You are away, so none will ring.' : 'No call. The next one rings here.');
    if (this.cards.size === 0 && !this.empty.isConnected) this.list.append(this.empty);
    else if (this.cards.size > 0) this.empty.remove();
  }

  #showLink(state, view) {
    this.link.hidden = state === 'open' && view !== null;
    const [title, detail] = linkTexts[state] ?? linkTexts.connecting;
    rebuild(this.link, state, () => [
      el('strong', {}, title), el('p', {}, detail),
      state === 'signed-out' ? el('button', { type: 'button', class: 'primary', onclick: () => goToSignIn() }, 'Sign in') : null,
      state === 'replaced' ? el('button', { type: 'button', class: 'primary', 'data-test': 'use-here', onclick: () => location.reload() }, 'Use it here') : null,
    ]);
  }

  #act(leg, name, [first, second]) {
    const { phone } = this;
    const acts = {
      answer: () => phone.answer(leg),
      reject: () => phone.reject(leg),
      hangUp: () => phone.hangUp(leg),
      mute: () => phone.mute(leg, !leg.isMuted),
      hold: () => phone.hold(leg, !leg.isOnHold),
      press: () => leg.press(first),
      startSound: () => leg.ear?.start(),
      hand: () => phone.raiseHand(phone.callOf(leg)?.id, first, second),
      consent: () => phone.consent(first, second),
    };
    return this.#try(acts[name]);
  }

  #bindKeys(keyboard) {
    const onCurrent = (name) => () => {
      const leg = this.#current;
      if (leg) this.#act(leg, name, []);
      return Boolean(leg);
    };
    const onRinging = (name) => () => {
      const [leg] = this.phone.ringing;
      if (leg) this.#act(leg, name, []);
      return Boolean(leg);
    };
    keyboard.on('a', 'Answer', onRinging('answer'), 'A');
    keyboard.on('r', 'Reject', onRinging('reject'), 'R');
    keyboard.on('m', 'Mute, unmute', onCurrent('mute'), 'M');
    keyboard.on('h', 'Hold, resume', onCurrent('hold'), 'H');
    keyboard.on('e', 'End the call', onCurrent('hangUp'), 'E');
    keyboard.on('n', 'Say why you need help', () => focusFirst('[data-test="hand-word"]'), 'N');
    keyboard.on('c', 'Call somebody', () => focusFirst('[data-test="dial-number"]'), 'C');
    keyboard.note('0 … 9 * #', 'Keypad, during a call');
    addEventListener('keydown', (event) => {
      if (!/^[0-9*#]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey || takesKeys(event.target)) return;
      if (this.#current?.press(event.key)) event.preventDefault();
    });
  }

  async #try(act) {
    try {
      await act();
    } catch (fault) {
      notices().fail(fault);
    }
  }

  #schedule() {
    if (this.willDraw) return;
    this.willDraw = true;
    queueMicrotask(() => {
      this.willDraw = false;
      this.draw();
    });
  }
}

function focusFirst(selector) {
  const element = [...document.querySelectorAll(selector)].find((candidate) => candidate.offsetParent !== null);
  element?.focus();
  return Boolean(element);
}

const link = document.querySelector('#link');
const info = await signedIn(() => {
  link.hidden = false;
  setText(link, 'Earshot can’t be reached. It is tried again by itself.');
});
new PhonePage(info).start();
