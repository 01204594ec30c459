import { el, setAttribute, setText, takesKeys } from '../shared/dom.js';
import { icon } from '../shared/icons.js';
import { PushToTalk } from './push-to-talk.js';

/**
 * The voice's own button. In whisper: held (mouse, touch, Space) to talk, pressed twice to latch. In barge and takeover:
 * mute and unmute. Event `talk`, with whether he wants to be heard. Whatever takes the page away closes the voice.
 */
class TalkButton extends HTMLElement {
  #push = new PushToTalk();
  #mode = 'listen';

  connectedCallback() {
    if (this.button) return;
    this.words = el('span', { class: 'words' });
    this.hint = el('span', { class: 'hint' });
    this.button = el('button', { type: 'button', class: 'talk', 'aria-pressed': 'false', 'data-test': 'talk' },
      icon('whisper'), el('span', {}, this.words, this.hint));
    this.append(this.button);
    this.#listen();
  }

  get isHolding() { return this.#mode === 'whisper'; }

  /** @param {{mode: string, isLive: boolean, wants: boolean, isOpen: boolean, name: string}} state */
  show({ mode, isLive, wants, isOpen, name }) {
    if (mode !== this.#mode || !isLive) this.#push.drop();
    // Closed from elsewhere: a refusal, or the connection.
    if (!wants && this.#push.isLatched && mode === 'whisper' && this.wasWanted) this.#push.drop();
    this.wasWanted = wants;
    this.#mode = mode;
    this.hidden = mode === 'listen' || !isLive;
    setAttribute(this.button, 'aria-pressed', String(wants));
    setAttribute(this.button, 'data-open', isOpen && wants);
    setAttribute(this.button, 'data-latched', this.#push.isLatched);
    const [words, hint] = mode === 'whisper' ? this.#whisperWords(wants, name)
      : wants ? ['Microphone open', 'M to mute'] : ['Muted', 'M to speak'];
    setText(this.words, words);
    setText(this.hint, hint);
  }

  /** M, in barge and takeover. */
  toggle() {
    if (this.isHolding || this.hidden) return false;
    this.#tell(this.button.getAttribute('aria-pressed') !== 'true');
    return true;
  }

  /** Esc. Whether a latch was opened. */
  unlatch() {
    const was = this.#push.escape();
    if (was) this.#tell(false);
    return was;
  }

  #whisperWords(wants, name) {
    if (this.#push.isLatched) return [`Whispering to ${name}`, 'Latched. Space or Esc closes the microphone'];
    return wants ? [`Whispering to ${name}`, 'Release to close the microphone']
      : [`Hold to whisper to ${name}`, 'Space, or this button. Twice to latch'];
  }

  #listen() {
    const { button } = this;
    button.addEventListener('pointerdown', (event) => {
      if (!this.isHolding || event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      this.#press();
    });
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      button.addEventListener(type, () => { if (this.isHolding) this.#release(); });
    }
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    button.addEventListener('click', (event) => {
      if (!this.isHolding) return this.toggle();
      // A click without pointer or Space comes from Enter or a screen reader, which can't hold: it latches.
      if (event.detail === 0 && !this.spaceIsDown) this.#latchByClick();
    });
    addEventListener('keydown', (event) => {
      if (event.key !== ' ' || !this.#takesSpace(event)) return;
      event.preventDefault();
      this.spaceIsDown = true;
      if (!event.repeat) this.#press();
    });
    addEventListener('keyup', (event) => {
      if (event.key !== ' ' || !this.spaceIsDown) return;
      event.preventDefault();
      this.spaceIsDown = false;
      if (this.isHolding) this.#release();
    });
    const drop = () => {
      this.spaceIsDown = false;
      if (!this.isHolding) return;
      this.#push.drop();
      this.#tell(false);
    };
    addEventListener('blur', drop);
    document.addEventListener('visibilitychange', () => { if (document.hidden) drop(); });
  }

  #takesSpace(event) {
    return this.isHolding && !this.hidden && !event.ctrlKey && !event.altKey && !event.metaKey &&
      !takesKeys(event.target) && !this.#isForAnother(event.target) && !document.querySelector('dialog[open]');
  }

  /** Space on another control that was reached by keyboard is meant for that one: Leave leaves. */
  #isForAnother(target) {
    const control = target instanceof Element ? target.closest('button, a[href]') : null;
    return control !== null && control !== this.button && control.matches(':focus-visible');
  }

  #latchByClick() {
    const now = performance.now();
    if (this.#push.talks) {
      this.#push.escape();
    } else {
      this.#push.press(now);
      this.#push.release(now);
      this.#push.press(now);
      this.#push.release(now);
    }
    this.#tell(this.#push.talks);
  }

  #press() {
    this.#push.press(performance.now());
    this.#tell(this.#push.talks);
  }

  #release() {
    this.#push.release(performance.now());
    this.#tell(this.#push.talks);
  }

  #tell(wants) { this.dispatchEvent(new CustomEvent('talk', { detail: wants })); }
}

customElements.define('talk-button', TalkButton);
