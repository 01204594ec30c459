import { el, setText } from '../shared/dom.js';

const lines = {
  state: 'Connection', codec: 'Codec', packets: 'Packets received', lost: 'Lost', jitter: 'Jitter', roundTrip: 'Round trip',
  sent: 'Packets sent', first: 'Click to first sound',
};

/** Figures of the sound's way, for those who look for a fault. */
class ConnectionDetails extends HTMLElement {
  connectedCallback() {
    if (this.values) return;
    this.values = Object.fromEntries(Object.keys(lines).map((key) => [key, el('dd', { 'data-test': `detail-${key}` })]));
    this.details = el('details', { 'data-test': 'details' }, el('summary', {}, 'Connection details'),
      el('dl', {}, Object.entries(lines).map(([key, text]) => el('div', {}, el('dt', {}, text), this.values[key]))));
    this.append(this.details);
  }

  show(counters, state) {
    if (!counters) return;
    const total = counters.packets + counters.lost;
    const share = total > 0 ? (100 * counters.lost) / total : 0;
    const ms = (value) => (value === null ? '–' : `${value.toFixed(0)} ms`);
    const texts = {
      state, codec: counters.codec || '–', packets: String(counters.packets), lost: `${counters.lost} (${share.toFixed(1)} %)`,
      jitter: ms(counters.jitter), roundTrip: ms(counters.roundTrip), sent: String(counters.sent), first: ms(clickToSound()),
    };
    for (const [key, text] of Object.entries(texts)) setText(this.values[key], text);
  }
}

function clickToSound() {
  const click = performance.getEntriesByName('listen-click').at(-1);
  const sound = performance.getEntriesByName('first-sample').at(-1);
  return click && sound && sound.startTime > click.startTime ? sound.startTime - click.startTime : null;
}

customElements.define('connection-details', ConnectionDetails);
