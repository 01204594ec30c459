import { agentName, customerName, ownSession, stateKey } from './call-facts.js';
import { needsAttention } from './attention.js';
import { el, setAttribute, setText } from '../shared/dom.js';
import { icon } from '../shared/icons.js';

const states = { '': 'Any state', talking: 'Talking', hold: 'On hold', ringing: 'Ringing' };

/** Whether a call passes `wish` (the values of the filters). Pure. */
export function passes(call, wish, { user, now }) {
  if (wish.queue && call.queue !== wish.queue) return false;
  if (wish.team && call.team !== wish.team) return false;
  if (wish.state && stateKey(call) !== wish.state) return false;
  if (wish.attention && !needsAttention(call, now)) return false;
  if (wish.mine && !ownSession(call, user)) return false;
  return !wish.search || haystack(call).includes(wish.search.toLowerCase());
}

function haystack(call) {
  call.searchText ??= [
    agentName(call), ...call.agents, customerName(call), call.customerNumber, call.customerTier, call.queue,
    call.campaign, call.team, call.site, ...call.sessions.map((session) => session.supervisorName),
  ].filter(Boolean).join('\n').toLowerCase();
  return call.searchText;
}

/** The row of filters. Its state lives in the page's address, so that a link or a reload shows the same. Event `change`. */
class FloorFilters extends HTMLElement {
  #choices = { queue: new Set(), team: new Set() };

  connectedCallback() {
    const changed = () => this.#changed();
    this.search = el('input', {
      type: 'search', placeholder: 'Agent, customer, queue…', 'aria-label': 'Search the calls', 'data-test': 'search',
      oninput: changed, autocomplete: 'off',
    });
    this.queue = el('select', { 'aria-label': 'Queue', 'data-test': 'filter-queue', onchange: changed });
    this.team = el('select', { 'aria-label': 'Team', 'data-test': 'filter-team', onchange: changed });
    this.state = el('select', { 'aria-label': 'State', 'data-test': 'filter-state', onchange: changed },
      Object.entries(states).map(([value, text]) => el('option', { value }, text)));
    this.attention = this.#toggle('Needs attention', 'filter-attention');
    this.mine = this.#toggle('Mine', 'filter-mine');
    this.clear = el('button', {
      type: 'button', class: 'quiet', 'data-test': 'filter-clear', hidden: true, onclick: () => this.reset(),
    }, 'Clear');
    this.setAttribute('role', 'search');
    this.setAttribute('aria-label', 'Filter the calls');
    this.append(el('span', { class: 'search' }, icon('search'), this.search), this.queue, this.team, this.state,
      this.attention, this.mine, this.clear);
    this.offer([]);
    this.#read();
  }

  get wish() {
    return {
      search: this.search.value.trim(), queue: this.queue.value, team: this.team.value, state: this.state.value,
      attention: pressed(this.attention), mine: pressed(this.mine),
    };
  }

  get isActive() { return Object.values(this.wish).some(Boolean); }

  reset() {
    this.search.value = this.queue.value = this.team.value = this.state.value = '';
    for (const toggle of [this.attention, this.mine]) toggle.setAttribute('aria-pressed', 'false');
    this.#changed();
  }

  focusSearch() {
    this.search.focus();
    this.search.select();
  }

  /** Adds queues and teams that haven't been seen yet; nothing ever leaves, so a list doesn't change under the hand. */
  offer(calls) {
    for (const [key, word] of [['queue', 'Any queue'], ['team', 'Any team']]) {
      const known = this.#choices[key];
      const before = known.size;
      for (const call of calls) if (call[key]) known.add(call[key]);
      const select = this[key];
      if (known.size === before && select.options.length > 0) continue;
      const value = select.value;
      select.replaceChildren(el('option', { value: '' }, word),
        ...[...known].sort().map((name) => el('option', { value: name }, name)));
      select.value = value;
    }
  }

  #toggle(text, test) {
    const button = el('button', { type: 'button', class: 'toggle', 'aria-pressed': 'false', 'data-test': test }, text);
    button.addEventListener('click', () => {
      button.setAttribute('aria-pressed', String(!pressed(button)));
      this.#changed();
    });
    return button;
  }

  #read() {
    const query = new URLSearchParams(location.search);
    this.search.value = query.get('search') ?? '';
    for (const key of ['queue', 'team']) {
      const value = query.get(key);
      if (value) this.offer([{ [key]: value }]);
      this[key].value = value ?? '';
    }
    this.state.value = states[query.get('state') ?? ''] ? query.get('state') ?? '' : '';
    setAttribute(this.attention, 'aria-pressed', String(query.has('attention')));
    setAttribute(this.mine, 'aria-pressed', String(query.has('mine')));
    this.clear.hidden = !this.isActive;
  }

  #changed() {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(this.wish)) if (value) query.set(key, value === true ? '' : value);
    const text = query.toString();
    history.replaceState(null, '', text ? `?${text}` : location.pathname);
    this.clear.hidden = !this.isActive;
    this.dispatchEvent(new Event('change'));
  }

  showCounts({ needHelp }) {
    setText(this.attention, needHelp > 0 ? `Needs attention (${needHelp})` : 'Needs attention');
  }
}

const pressed = (button) => button.getAttribute('aria-pressed') === 'true';

customElements.define('floor-filters', FloorFilters);
