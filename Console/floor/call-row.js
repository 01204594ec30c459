import { flagWord, flagsInForce, handText } from './attention.js';
import { agentName, createdAt, customerName, livingSessions, modeNames, nameOf, ownSession, poorSound, stateKey, stateName } from './call-facts.js';
import { durationText } from '../shared/clock.js';
import { el, rebuild, setAttribute, setText } from '../shared/dom.js';
import { icon } from '../shared/icons.js';

/** One call of the list. Touches only what has changed. */
export class CallRow {
  constructor(id) {
    this.id = id;
    this.parts = {
      state: el('span', { class: 'state', 'data-test': 'row-state' }),
      duration: el('div', { class: 'duration', role: 'gridcell', 'data-test': 'row-duration' }),
      agent: el('div', { class: 'agent', role: 'gridcell', 'data-test': 'row-agent' }),
      place: el('div', { class: 'place', role: 'gridcell', 'data-test': 'row-queue' }),
      customer: el('span', { class: 'number' }),
      tier: el('span', { class: 'tier' }),
      flags: el('div', { class: 'flags', role: 'gridcell', 'data-test': 'row-flags' }),
      sessions: el('div', { class: 'sessions', role: 'gridcell', 'data-test': 'row-sessions' }),
      listen: el('button', { type: 'button', class: 'listen', tabindex: -1, 'data-test': 'listen' },
        icon('listen'), el('span', {}, 'Listen')),
    };
    this.element = el('div', {
      class: 'call', role: 'row', tabindex: -1, 'aria-selected': 'false', 'data-call': id, 'data-test': 'call-row',
    },
    el('div', { class: 'state-cell', role: 'gridcell' }, this.parts.state), this.parts.duration, this.parts.agent,
    this.parts.place, el('div', { class: 'customer', role: 'gridcell', 'data-test': 'row-customer' }, this.parts.customer, this.parts.tier),
    this.parts.flags, this.parts.sessions, el('div', { class: 'act', role: 'gridcell' }, this.parts.listen));
  }

  update(call, { user, now, mayListen }) {
    this.call = call;
    const { parts, element } = this;
    const own = ownSession(call, user);
    setAttribute(element, 'data-state', stateKey(call));
    setAttribute(element, 'data-help', Boolean(call.hand));
    setAttribute(element, 'data-own', Boolean(own));
    setText(parts.state, stateName(call));
    setText(parts.agent, agentName(call));
    const place = [call.queue, call.campaign].filter(Boolean).join(' · ');
    setText(parts.place, place);
    setAttribute(parts.place, 'title', [call.team && `Team ${call.team}`, call.site].filter(Boolean).join(', ') || null);
    setText(parts.customer, customerName(call));
    setText(parts.tier, call.customerTier ?? '');
    parts.tier.hidden = !call.customerTier;
    this.#showSessions(livingSessions(call), user);
    const label = own ? 'Open' : 'Listen';
    setText(parts.listen.lastChild, label);
    setAttribute(parts.listen, 'aria-label', `${label}: ${agentName(call)} and ${customerName(call)}`);
    parts.listen.disabled = !own && (!mayListen || call.phase !== 'answered');
    this.tick(now);
  }

  /** What time alone changes. */
  tick(now) {
    setText(this.parts.duration, durationText(now - createdAt(this.call)));
    this.#showFlags(now);
  }

  /** The call is over, but the row stays for a moment, because the pointer is in the list. */
  end() {
    setAttribute(this.element, 'data-state', 'ended');
    setText(this.parts.state, 'Ended');
    this.parts.listen.disabled = true;
    this.hasEnded = true;
  }

  set isSelected(isSelected) {
    setAttribute(this.element, 'aria-selected', String(isSelected));
    setAttribute(this.element, 'tabindex', isSelected ? 0 : -1);
    setAttribute(this.parts.listen, 'tabindex', isSelected ? 0 : -1);
  }

  #showFlags(now) {
    const { call } = this;
    const inForce = flagsInForce(call, now);
    // The tier stands beside the customer already: it is marked there.
    const tier = inForce.find((flag) => flag.kind === 'customer-tier');
    this.parts.tier.classList.toggle('flagged', Boolean(tier));
    setAttribute(this.parts.tier, 'title', tier?.reason);
    const flags = inForce.filter((flag) => flag !== tier);
    const poor = poorSound(call);
    const poorReason = poor && `${nameOf(poor.party)}: score ${poor.mos.toFixed(1)} of 4.5, ${poor.loss.toFixed(1)} % lost`;
    const key = `${call.hand ? call.hand.word ?? '-' : ''}|${poorReason ?? ''}|${flags.map((flag) => flag.kind + flag.reason).join('|')}`;
    rebuild(this.parts.flags, key, () => [
      call.hand ? el('span', { class: 'flag help' }, icon('hand'), call.hand.word || 'Asks for help') : null,
      ...flags.map((flag) => el('span', { class: `flag ${flag.kind}`, title: flag.reason },
        icon('flag'), flagWord(flag), el('span', { class: 'spoken' }, `: ${flag.reason}`))),
      poor ? el('span', { class: 'flag quality', title: poorReason, 'data-test': 'row-quality' },
        icon('sound'), 'Poor sound', el('span', { class: 'spoken' }, `: ${poorReason}`)) : null,
    ]);
    if (call.hand) setAttribute(this.parts.flags.firstChild, 'title', handText(call, now));
  }

  #showSessions(sessions, user) {
    const key = sessions.map((session) => session.supervisorName + session.mode + session.phase).join('|');
    rebuild(this.parts.sessions, key, () => sessions.map((session) =>
      el('span', { class: 'supervision', 'data-mode': session.mode, title: `${session.supervisorName}: ${modeNames[session.mode]}` },
        icon(session.mode), session.supervisor === user ? 'You' : session.supervisorName,
        el('span', { class: 'spoken' }, `: ${modeNames[session.mode]}`))));
  }
}
