import { nameOf } from './call-facts.js';
import '../shared/meters.js';
import { el, rebuild, setText } from '../shared/dom.js';

/** How long a slider rests before the server is told, ms. */
const rest = 120;
const words = { customer: 'Customer', agent: 'Agent', supervisor: 'Supervisor' };

/** How loud each voice is, and how loud he wants it. Event `gain`, with `{participant, gain}` (dB). */
class SourceVolumes extends HTMLElement {
  #timers = new Map();
  #meters = new Map();

  connectedCallback() {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'Levels and volume');
  }

  /** Those whom he hears by the matrix, and himself. */
  show(call, session, gainOf) {
    const heard = new Set(call.matrix.filter((route) => route.medium === 'voice' && route.to === session.participant)
      .map((route) => route.from));
    const sources = call.participants.filter((party) => party.id !== session.participant &&
      (['customer', 'agent'].includes(party.role) || heard.has(party.id)));
    const key = `${session.id}:${sources.map((party) => party.id + nameOf(party)).join()}`;
    rebuild(this, key, () => {
      this.#meters.clear();
      return [...sources.map((party) => this.#source(party, gainOf(party.id))), this.#self()];
    });
  }

  /** @param {Record<string, number>} levels dBFS by participant */
  set levels(levels) {
    for (const [id, meter] of this.#meters) if (id !== 'self') meter.level = levels[id] ?? null;
  }

  set ownLevel(level) {
    const meter = this.#meters.get('self');
    if (meter) meter.level = level;
  }

  #source(party, gain) {
    const meter = el('level-meter');
    this.#meters.set(party.id, meter);
    const name = party.role === 'customer' ? 'Customer' : nameOf(party);
    const value = el('output', { class: 'gain' }, gainText(gain));
    const slider = el('input', {
      type: 'range', min: -40, max: 12, step: 1, 'aria-label': `Volume of ${name}`, 'aria-valuetext': gainText(gain),
      'data-test': `volume-${party.role}`,
    });
    slider.value = gain;
    slider.addEventListener('input', () => {
      const text = gainText(Number(slider.value));
      setText(value, text);
      slider.setAttribute('aria-valuetext', text);
      clearTimeout(this.#timers.get(party.id));
      this.#timers.set(party.id, setTimeout(() => this.dispatchEvent(new CustomEvent('gain', {
        detail: { participant: party.id, gain: Number(slider.value) },
      })), rest));
    });
    return el('div', { class: 'source', 'data-test': `source-${party.role}` },
      el('span', { class: 'who' }, name, el('small', {}, party.role === 'customer' ? '' : words[party.role] ?? '')),
      meter, slider, value);
  }

  #self() {
    const meter = el('level-meter');
    this.#meters.set('self', meter);
    return el('div', { class: 'source', 'data-test': 'source-self' }, el('span', { class: 'who' }, 'You'), meter,
      el('span', { class: 'note' }, 'Your microphone'));
  }
}

const gainText = (gain) => (gain > 0 ? `+${gain} dB` : `${gain} dB`.replace('-', '−'));

customElements.define('source-volumes', SourceVolumes);
