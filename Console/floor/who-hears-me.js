import { nameOf, participant } from './call-facts.js';
import { el, setText } from '../shared/dom.js';
import { icon } from '../shared/icons.js';

const list = new Intl.ListFormat('en', { type: 'conjunction' });

/**
 * Who hears a supervisor, read from the routing matrix, which is what the mixer obeys.
 *
 * @param {object|null} call CallDocument
 * @param {object|null} session his SupervisionDocument
 * @param {{isLost?: boolean, isLinked?: boolean}} link whether his sound is lost, and whether the call is known as it is now
 * @returns {{heardBy: 'nobody'|'agent'|'everybody'|'unknown', sentence: string, hint: string}}
 */
export function whoHearsMe(call, session, { isLost = false, isLinked = true } = {}) {
  if (!session || session.phase === 'ended') return { heardBy: 'nobody', sentence: 'Nobody hears you', hint: '' };
  if (isLost || !call) {
    return {
      heardBy: 'unknown', sentence: 'Connection lost',
      hint: 'Your microphone is off. You return in Listen, heard by nobody.',
    };
  }
  if (!isLinked) {
    return {
      heardBy: 'unknown', sentence: 'Not known who hears you',
      hint: session.mode === 'barge' || session.mode === 'takeover'
        ? 'The server can’t be asked now. Your voice may be heard.' : 'The server can’t be asked now. Your microphone is closed.',
    };
  }
  const parties = call.participants.filter((party) => ['customer', 'agent'].includes(party.role));
  const reached = new Set(call.matrix
    .filter((route) => route.medium === 'voice' && route.from === session.participant)
    .map((route) => route.to));
  const people = call.participants.filter((party) => ['customer', 'agent', 'supervisor'].includes(party.role));
  const hearing = people.filter((party) => reached.has(party.id));
  const target = participant(call, session.target);
  if (hearing.length === 0) {
    return { heardBy: 'nobody', sentence: 'Nobody hears you', hint: silentHint(session, target) };
  }
  const deaf = parties.filter((party) => !reached.has(party.id));
  const hint = hearing.some((party) => !party.canHear)
    ? 'On hold: a phone among them plays nothing at present.' : talkingHint(session);
  if (deaf.length === 0 && parties.length > 0) return { heardBy: 'everybody', sentence: 'Everybody hears you', hint };
  const hasCustomer = hearing.some((party) => party.role === 'customer');
  const verb = hearing.length > 1 ? 'hear' : 'hears';
  const others = deaf.length === 0 ? '' : `, ${list.format(deaf.map(title))} ${deaf.length > 1 ? 'do' : 'does'} not`;
  return {
    heardBy: hasCustomer ? 'everybody' : 'agent',
    sentence: capital(`${list.format(hearing.map(title))} ${verb} you${others}`), hint,
  };
}

const title = (party) => (party.role === 'customer' ? 'the customer' : nameOf(party));

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function silentHint(session, target) {
  if (session.awaitsConsent) return `Waiting for ${nameOf(target)} to accept your whisper.`;
  if (session.phase === 'connecting' || session.phase === 'authorising') return 'Connecting your sound.';
  switch (session.mode) {
    case 'whisper':
      return session.targetCanHear
        ? `Hold Space to whisper to ${nameOf(target)}.` : `${nameOf(target)} is on hold and would not hear you.`;
    case 'barge':
    case 'takeover': return 'Your microphone is closed. Press M to be heard.';
    default: return 'You only listen. Your microphone is closed.';
  }
}

function talkingHint(session) {
  if (session.mode === 'whisper') return 'Release to close the microphone.';
  return session.mode === 'barge' ? 'You are in the conversation. M mutes you.' : 'You speak in the agent’s place. M mutes you.';
}

const icons = { nobody: 'nobody', agent: 'whisper', everybody: 'barge', unknown: 'unknown' };

/** The large display: colour, icon and words say the same. */
class WhoHearsMe extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.dataset.test = 'who-hears-me';
    this.mark = el('div', { class: 'mark' });
    this.sentence = el('p', { class: 'sentence', 'data-test': 'who-hears-me-sentence' });
    this.hint = el('p', { class: 'hint', 'data-test': 'who-hears-me-hint' });
    this.append(this.mark, el('div', { role: 'status', 'aria-atomic': 'true' }, this.sentence, this.hint));
  }

  show({ heardBy, sentence, hint }) {
    if (this.dataset.heardBy !== heardBy) {
      this.dataset.heardBy = heardBy;
      this.mark.replaceChildren(icon(icons[heardBy]));
    }
    setText(this.sentence, sentence);
    setText(this.hint, hint);
  }
}

// Only a browser knows custom elements; the function above is also tested without one.
globalThis.customElements?.define('who-hears-me', WhoHearsMe);
