import { durationText, serverNow } from '../shared/clock.js';
import { el, rebuild, setText } from '../shared/dom.js';
import { icon } from '../shared/icons.js';

const words = {
  listen: 'listens to this call', whisper: 'can whisper to you', barge: 'is in the conversation', takeover: 'has taken the call over',
};

/**
 * Who supervises, as the server says it now. It shows nothing that the server hasn't said since the connection stands:
 * a lost connection is told as such.
 */
class MonitoringNotice extends HTMLElement {
  connectedCallback() {
    if (this.text) return;
    this.dataset.test = 'monitoring';
    this.text = el('div', { class: 'who', role: 'status' });
    this.time = el('span', { class: 'duration', 'data-test': 'monitoring-since' });
    this.append(icon('eye'), this.text, this.time);
    this.show(null, 'connecting');
  }

  /** @param {object|null} view AgentViewDocument */
  show(view, link) {
    const notices = view?.calls.flatMap((call) => call.monitoring) ?? [];
    this.since = notices.length > 0 ? Math.min(...notices.map((notice) => Date.parse(notice.since))) : null;
    const state = !view || link !== 'open' ? 'unknown' : notices.length > 0 ? notices.at(-1).mode : 'none';
    this.dataset.state = state;
    const lines = state === 'unknown' ? ['Monitoring: unknown – reconnecting']
      : state === 'none' ? ['Not monitored']
        : notices.map((notice) => `${notice.supervisorName ?? 'A supervisor'} ${words[notice.mode]}`);
    rebuild(this.text, lines.join('\n'), () => lines.map((line) => el('p', {}, line)));
    this.tick();
  }

  tick() {
    const isShown = this.since !== null && this.dataset.state !== 'unknown';
    setText(this.time, isShown ? `for ${durationText(serverNow() - this.since)}` : '');
  }
}

customElements.define('monitoring-notice', MonitoringNotice);
