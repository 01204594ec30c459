import { modeNames } from './call-facts.js';
import { el, setAttribute } from '../shared/dom.js';
import { icon } from '../shared/icons.js';
import { durationText } from '../shared/clock.js';

const modes = ['listen', 'whisper', 'barge', 'takeover'];
const keys = { listen: 'L', whisper: 'W', barge: 'B', takeover: 'T' };
const heardBy = {
  listen: 'Nobody hears you', whisper: 'Only the agent hears you', barge: 'Everybody hears you', takeover: 'You replace the agent',
};

/** The four modes in their order, with the time spent in each. Event `mode`, with the one that is wished for. */
class ModeSwitch extends HTMLElement {
  connectedCallback() {
    if (this.buttons) return;
    this.buttons = Object.fromEntries(modes.map((mode) => [mode, el('button', {
      type: 'button', 'data-mode': mode, 'data-test': `mode-${mode}`, 'aria-pressed': 'false', title: heardBy[mode],
      'aria-keyshortcuts': keys[mode],
      onclick: () => this.dispatchEvent(new CustomEvent('mode', { detail: mode })),
    }, icon(mode), el('span', { class: 'name' }, modeNames[mode]), el('span', { class: 'time', 'data-test': `spent-${mode}` }))]));
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'Mode');
    this.append(...Object.values(this.buttons));
  }

  /** @param {{session: object|null, pending: string|null, permissions: string[], isLive: boolean, now: number}} state */
  show({ session, pending, permissions, isLive, now }) {
    for (const mode of modes) {
      const button = this.buttons[mode];
      const isOn = isLive && session?.mode === mode;
      setAttribute(button, 'aria-pressed', String(isOn));
      setAttribute(button, 'data-pending', pending === mode);
      const isAllowed = permissions.includes(mode);
      button.disabled = !isLive || !isAllowed || Boolean(pending);
      setAttribute(button, 'title', isAllowed ? heardBy[mode] : `You have no right to ${mode}`);
      const spent = timeIn(session, mode, now);
      const time = button.lastChild;
      const text = spent > 0 ? durationText(spent) : '';
      if (time.textContent !== text) time.textContent = text;
    }
  }
}

/** Milliseconds that a session has been in a mode, the present span included. */
export function timeIn(session, mode, now) {
  if (!session) return 0;
  const running = session.mode === mode && session.modeSince && session.phase === 'live' ? now - Date.parse(session.modeSince) : 0;
  return (session.spentMs?.[mode] ?? 0) + Math.max(0, running);
}

customElements.define('mode-switch', ModeSwitch);
