import { nameOf } from './call-facts.js';
import { el, rebuild, setText } from '../shared/dom.js';

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
    this.parties = el('tbody');
    this.quality = el('table', { 'data-test': 'detail-quality', hidden: true },
      el('caption', {}, 'Customer and agent'),
      el('thead', {}, el('tr', {}, ['From – to', 'Lost', 'Jitter', 'Round trip', 'Score (worst)'].map((text) => el('th', { scope: 'col' }, text)))),
      this.parties);
    this.details.append(this.quality);
    this.append(this.details);
  }

  show(counters, state, call) {
    this.#showParties(call);
    if (!counters) return;
    const total = counters.packets + counters.lost;
    const share = total > 0 ? (100 * counters.lost) / total : 0;
    const texts = {
      state, codec: counters.codec || '–', packets: String(counters.packets), lost: `${counters.lost} (${share.toFixed(1)} %)`,
      jitter: milliseconds(counters.jitter), roundTrip: milliseconds(counters.roundTrip), sent: String(counters.sent),
      first: milliseconds(clickToSound()),
    };
    for (const [key, text] of Object.entries(texts)) setText(this.values[key], text);
  }

  /** What the server knows of both parties' sound, each way by itself. */
  #showParties(call) {
    const rows = call.participants.filter((party) => party.role !== 'supervisor').flatMap((party) => [
      { name: `${nameOf(party)} – Earshot`, stream: party.quality?.received },
      { name: `Earshot – ${nameOf(party)}`, stream: party.quality?.sent },
    ]).filter((row) => row.stream);
    this.quality.hidden = rows.length === 0;
    rebuild(this.parties, JSON.stringify(rows), () => rows.map(({ name, stream }) => el('tr', {},
      el('th', { scope: 'row' }, name), el('td', {}, `${stream.loss.toFixed(1)} %`), el('td', {}, milliseconds(stream.jitterMs)),
      el('td', {}, milliseconds(stream.roundTripMs)), el('td', {}, `${stream.mos.toFixed(1)} (${stream.worstMos.toFixed(1)})`))));
  }
}

const milliseconds = (value) => (value === null || value === undefined ? '–' : `${value.toFixed(0)} ms`);

function clickToSound() {
  const click = performance.getEntriesByName('listen-click').at(-1);
  const sound = performance.getEntriesByName('first-sample').at(-1);
  return click && sound && sound.startTime > click.startTime ? sound.startTime - click.startTime : null;
}

customElements.define('connection-details', ConnectionDetails);
