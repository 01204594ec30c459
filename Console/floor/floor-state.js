import { el, rebuild } from '../shared/dom.js';
import { timeText } from '../shared/clock.js';

/**
 * What stands in place of the list, or above it: loading, empty, offline, no server, no right.
 * @returns {{kind: string, title: string, detail: string, action?: string}|null}
 */
export function floorState({ link, isKnown, mayView, count, total, isFiltering, since }) {
  const stale = isKnown && since ? `What you see is as of ${timeText(since)}. ` : '';
  if (!mayView) {
    return { kind: 'right', title: 'You may not see calls', detail: 'The right to view was not given to you, or was withdrawn. Ask an administrator.' };
  }
  if (link === 'offline') return { kind: 'offline', title: 'You are offline', detail: `${stale}It goes on by itself when the network is back.` };
  if (link === 'gone') return { kind: 'gone', title: 'Earshot can’t be reached', detail: `${stale}Calls go on without it being seen here. It is tried again by itself.` };
  if (link === 'signed-out') return { kind: 'signed-out', title: 'You are signed out', detail: 'Sign in again to see the calls.', action: 'Sign in' };
  if (!isKnown) return { kind: 'loading', title: 'Loading the calls', detail: '' };
  if (link === 'connecting') return { kind: 'connecting', title: 'Connecting again', detail: stale.trim() };
  if (total === 0) return { kind: 'empty', title: 'No calls now', detail: 'Calls in your scope appear here by themselves.' };
  if (count === 0 && isFiltering) return { kind: 'no-match', title: 'No call passes the filters', detail: `${total} calls are hidden.`, action: 'Clear the filters' };
  return null;
}

/** Draws it. Event `act`, when its button is pressed. */
class FloorNotice extends HTMLElement {
  connectedCallback() {
    this.setAttribute('role', 'status');
    this.dataset.test = 'floor-state';
  }

  show(state) {
    this.hidden = !state;
    this.dataset.kind = state?.kind ?? '';
    rebuild(this, state ? state.kind + state.detail : '', () => (state ? [
      el('strong', {}, state.title), state.detail ? el('p', {}, state.detail) : null,
      state.action
        ? el('button', { type: 'button', 'data-test': 'floor-state-act', onclick: () => this.dispatchEvent(new Event('act')) }, state.action)
        : null,
    ] : []));
  }
}

customElements.define('floor-notice', FloorNotice);
