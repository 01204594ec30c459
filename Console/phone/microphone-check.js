import '../shared/meters.js';
import { audioContext } from '../shared/sound.js';
import { el, rebuild } from '../shared/dom.js';
import { icon } from '../shared/icons.js';

/** How long the microphone is tried at the beginning, ms. */
const trial = 4000;

/** Asks for the microphone before the first call does, shows that it hears, and lets it go again. */
class MicrophoneCheck extends HTMLElement {
  connectedCallback() { this.dataset.test = 'microphone-check'; }

  async prepare(microphone, isInUse) {
    this.retry = () => this.prepare(microphone, isInUse);
    this.#show('asking', 'Allow the microphone, so that you can be heard.');
    try {
      await microphone.open();
    } catch (fault) {
      this.#show('fault', `${fault.title}. ${fault.detail}`, 'Try again');
      return;
    }
    this.#show('ready', 'Microphone ready');
    const until = performance.now() + trial;
    const timer = setInterval(() => {
      this.meter.level = microphone.level;
      if (performance.now() < until || isInUse()) return;
      clearInterval(timer);
      this.meter.level = null;
      microphone.close();
    }, 100);
  }

  /** The browser wants a click before it lets the page ring. */
  showBlocked(isBlocked) {
    this.button ??= el('button', { type: 'button', 'data-test': 'enable-sound', onclick: () => audioContext().resume() }, icon('sound'), 'Switch the ringing on');
    if (isBlocked && !this.button.isConnected) this.append(this.button);
    else if (!isBlocked) this.button.remove();
  }

  #show(state, text, action = null) {
    this.dataset.state = state;
    this.meter = el('level-meter');
    rebuild(this, state + text, () => [
      el('span', { role: 'status' }, text), state === 'ready' ? this.meter : null,
      action ? el('button', { type: 'button', 'data-test': 'microphone-retry', onclick: () => this.retry() }, action) : null,
    ]);
  }
}

customElements.define('microphone-check', MicrophoneCheck);
