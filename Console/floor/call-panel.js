import './call-notes.js';
import './connection-details.js';
import './cue-box.js';
import './mode-switch.js';
import './source-volumes.js';
import './talk-button.js';
import { flagsInForce, handText } from './attention.js';
import { agentName, createdAt, customerName, livingSessions, modeNames, nameOf, participant, stateKey, stateName, transferText } from './call-facts.js';
import { silenceCause } from './silence-cause.js';
import { whoHearsMe } from './who-hears-me.js';
import { durationText, serverNow } from '../shared/clock.js';
import { el, rebuild, setAttribute, setText } from '../shared/dom.js';
import { icon } from '../shared/icons.js';

/**
 * The call that is listened to, or else the one chosen in the list. Draws; what is done comes out as events of its
 * parts and of itself: `listen`, `leave`, `start-sound`, `again`.
 */
class CallPanel extends HTMLElement {
  connectedCallback() {
    if (this.who) return;
    const tell = (type) => () => this.dispatchEvent(new Event(type));
    this.heading = el('h2', { tabindex: -1, 'data-test': 'panel-title' });
    this.facts = el('p', { class: 'facts' });
    this.state = el('span', { class: 'state' });
    this.duration = el('span', { class: 'duration', 'data-test': 'panel-duration' });
    this.reasons = el('ul', { class: 'reasons', 'data-test': 'panel-flags' });
    this.others = el('p', { class: 'others' });
    this.moved = el('p', { class: 'others', role: 'status', 'data-test': 'panel-transfer' });
    this.who = el('who-hears-me');
    this.talk = el('talk-button');
    this.modes = el('mode-switch');
    this.trouble = el('div', { class: 'trouble', role: 'alert', 'data-test': 'trouble', hidden: true });
    this.volumes = el('source-volumes');
    this.cues = el('cue-box');
    this.notes = el('call-notes');
    this.details = el('connection-details');
    this.listen = el('button', { type: 'button', class: 'primary large', 'data-test': 'panel-listen', onclick: tell('listen') },
      icon('listen'), el('span', {}, 'Listen'));
    this.leave = el('button', { type: 'button', class: 'leave', 'data-test': 'leave', 'aria-keyshortcuts': 'X', onclick: tell('leave') },
      icon('leave'), el('span', {}, 'Leave'));
    this.ending = el('div', { class: 'ending', role: 'status', 'data-test': 'ending', hidden: true });
    this.empty = el('div', { class: 'empty' }, icon('listen'), el('p', {}, 'Choose a call to see it here.'),
      el('p', { class: 'hint' }, 'Enter or L listens at once. Nobody hears you until you say so.'));
    this.tellAgain = tell('again');
    this.startSound = tell('start-sound');
    this.head = el('header', {}, el('div', { class: 'title' }, this.heading, this.state, this.duration), this.facts, this.moved, this.others, this.reasons);
    this.live = el('div', { class: 'live' }, this.trouble, this.talk, this.modes, this.leave, this.volumes, this.cues);
    this.append(this.who, this.ending, this.empty, this.head, this.listen, this.live, this.notes, this.details);
  }

  /** @param {{call: object|null, supervision: object, info: object, isLinked: boolean}} state */
  show({ call, supervision, info, isLinked }) {
    this.last = { call, supervision, info, isLinked };
    const now = serverNow();
    const isActive = supervision.isActive && Boolean(supervision.session);
    const session = isActive ? supervision.session : null;
    this.#showWho(call, supervision, session);
    this.#showEnding(supervision);
    const isEmpty = !call;
    this.empty.hidden = !isEmpty || !this.ending.hidden;
    for (const part of [this.head, this.notes]) part.hidden = isEmpty;
    this.live.hidden = !session || isEmpty;
    this.details.hidden = this.live.hidden;
    this.listen.hidden = isEmpty || supervision.isActive;
    this.who.hidden = !supervision.isActive;
    if (isEmpty) return;
    this.#showHead(call, info, now);
    this.listen.disabled = call.phase !== 'answered' || !info.permissions.includes('listen');
    this.notes.show(call);
    setAttribute(this, 'aria-busy', supervision.phase === 'connecting' ? 'true' : null);
    if (session) this.#showLive(call, supervision, session, info, now);
  }

  /** Once a second: what time alone changes. */
  tick() {
    if (this.last) this.show(this.last);
  }

  #showWho(call, supervision, session) {
    if (supervision.isActive && !session) {
      this.who.show({ heardBy: 'nobody', sentence: 'Nobody hears you', hint: 'Connecting your sound.' });
    } else {
      this.who.show(whoHearsMe(call, session, { isLost: supervision.isLost || supervision.awaitsMatrix, isLinked: this.last.isLinked }));
    }
  }

  #showHead(call, info, now) {
    setText(this.heading, `${agentName(call)} – ${customerName(call)}`);
    setText(this.state, stateName(call));
    setAttribute(this.state, 'data-state', stateKey(call));
    setText(this.duration, durationText((call.ended ? Date.parse(call.ended) : now) - createdAt(call)));
    setText(this.facts, [call.queue, call.campaign, call.customerTier, call.team && `Team ${call.team}`, call.site]
      .filter(Boolean).join(' · '));
    const others = livingSessions(call).filter((other) => other.supervisor !== info.user)
      .map((other) => `${other.supervisorName}: ${modeNames[other.mode]}`);
    setText(this.others, others.length > 0 ? `Also here – ${others.join(', ')}` : '');
    this.others.hidden = others.length === 0;
    setText(this.moved, transferText(call));
    this.moved.hidden = !this.moved.textContent;
    const reasons = flagsInForce(call, now).map((flag) => flag.reason);
    if (call.hand) reasons.unshift(handText(call, now));
    rebuild(this.reasons, reasons.join('\n'), () => reasons.map((reason, index) =>
      el('li', { class: call.hand && index === 0 ? 'help' : '' }, icon(call.hand && index === 0 ? 'hand' : 'flag'), reason)));
  }

  #showLive(call, supervision, session, info, now) {
    const isLive = supervision.phase === 'live';
    const name = nameOf(participant(call, session.target));
    const isOpen = call.matrix.some((route) => route.medium === 'voice' && route.from === session.participant);
    this.talk.show({ mode: session.mode, isLive, wants: supervision.voice.wants, isOpen, name });
    this.modes.show({ session, pending: supervision.pendingMode, permissions: info.permissions, isLive, now });
    this.volumes.show(call, session, (id) => supervision.gainOf(id));
    this.cues.hidden = !info.permissions.includes('text-whisper') ||
      !call.matrix.some((route) => route.medium === 'text' && route.from === session.participant);
    if (!this.cues.hidden) this.cues.show(call, session);
    this.details.show(supervision.sound.counters, supervision.sound.state, call);
    this.#showTrouble(call, supervision, session, isLive);
  }

  #showTrouble(call, supervision, session, isLive) {
    let cause = null;
    if (supervision.phase === 'returning') {
      cause = { kind: 'returning', title: 'The connection was lost', detail: 'It is brought back by itself. The call goes on undisturbed.' };
    } else if (isLive) {
      const { sound } = supervision;
      cause = silenceCause({
        call, session, connection: sound.state, quietFor: sound.quietFor, isBlocked: sound.isBlocked,
      });
    }
    const fault = supervision.voice.fault;
    const shown = cause ?? fault ?? null;
    this.trouble.hidden = !shown;
    rebuild(this.trouble, shown ? `${shown.kind}${shown.title}` : '', () => (shown ? [
      el('strong', {}, shown.title), el('p', {}, shown.detail),
      shown.kind === 'autoplay'
        ? el('button', { type: 'button', class: 'primary', 'data-test': 'start-sound', onclick: this.startSound }, icon('sound'), 'Start sound')
        : null,
    ] : []));
    setAttribute(this.trouble, 'data-kind', shown?.kind);
  }

  #showEnding(supervision) {
    const { ending } = supervision;
    this.ending.hidden = supervision.phase !== 'over' || !ending;
    if (this.ending.hidden) return rebuild(this.ending, '', () => []);
    const { call } = ending;
    const length = call ? `It lasted ${durationText((call.ended ? Date.parse(call.ended) : ending.at) - createdAt(call))}.` : '';
    const who = call ? `${agentName(call)} – ${customerName(call)}. ` : '';
    const why = [ending.detail, call?.endReason].filter(Boolean).join(' ');
    rebuild(this.ending, `${ending.at}`, () => [
      el('strong', {}, ending.title), el('p', {}, `${who}${length} ${why}`.trim()),
      ending.isCallEnd ? null
        : el('button', { type: 'button', 'data-test': 'listen-again', onclick: this.tellAgain }, 'Listen again'),
    ]);
  }
}

customElements.define('call-panel', CallPanel);
