import { Problem, request } from '../shared/api.js';
import { serverNow } from '../shared/clock.js';
import { rememberInTab, rememberedInTab } from '../shared/preferences.js';
import { SoundLink } from './sound-link.js';
import { Voice } from './voice.js';

/** After so long without a way back, ms, the session counts as lost. */
const patience = 30_000;
/** Between two tries to come back, ms. */
const pause = 700;
/** For a session in another call to be there, ms. */
const movePatience = 5_000;

/**
 * The supervisor's one live session: its sound, its mode, its voice. What the server says of it is in `session`; who
 * hears him is never decided here, only asked for.
 *
 * `phase`: `idle`, `connecting`, `live`, `returning` (the connection was lost), `over` (with `ending`).
 * Event `change` after every change, `returned` when a lost connection stands again.
 */
export class Supervision extends EventTarget {
  phase = 'idle';
  callId = null;
  session = null;
  /** `{title, detail}` of why it is over. */
  ending = null;
  /** A mode that was asked for and not yet answered. */
  pendingMode = null;
  sound = new SoundLink();
  voice = new Voice((track) => this.sound.send(track), (talks) => this.#tellTalk(talks));
  /** After a return: the matrix of before may still be on its way here. */
  awaitsMatrix = false;
  #attempt = 0;
  #statement = {};
  #gains = {};
  /** Whether this page was heard by the customer before: to be settled with the server; null when it is. */
  #talkedBefore = null;
  #remembered = null;
  /** The session goes on in another call, and which one isn't known yet. */
  #isMoving = false;

  constructor({ iceServers = [] } = {}) {
    super();
    this.iceServers = iceServers;
    this.voice.addEventListener('change', () => {
      // For a page that is loaded anew, in this tab: what it did of itself must not open a microphone.
      if (this.phase === 'live') rememberInTab('talks-on', this.mode === 'takeover' && this.voice.wants ? this.callId : null);
      this.#tell();
    });
    this.sound.addEventListener('change', () => this.#tell());
    this.sound.addEventListener('lost', () => {
      if (this.phase === 'live') this.#return(this.#attempt);
    });
  }

  get isActive() { return ['connecting', 'live', 'returning'].includes(this.phase); }

  get mode() { return this.session?.mode ?? 'listen'; }

  get hasPurpose() { return Boolean(this.#statement.purpose); }

  get isLost() { return this.phase === 'returning'; }

  /**
   * Joins a call, in listen mode where nothing else is said.
   * @throws {Problem}
   */
  async join(callId, { mode = 'listen', purpose, reason } = {}) {
    const attempt = this.#begin(callId);
    this.#statement = { purpose, reason };
    this.#gains = {};
    this.#enter('connecting');
    try {
      await this.#connect(attempt, mode);
      // A handler whose page was loaded anew: his customer waits for his voice, if he had opened it here.
      this.#settleVoice(rememberedInTab('talks-on', null) === callId);
    } catch (problem) {
      if (attempt === this.#attempt) this.#finish({ title: problem.title ?? 'The sound could not be opened', detail: problem.detail ?? problem.message });
      throw problem;
    }
  }

  /** @throws {Problem | MicrophoneFault} */
  async changeMode(mode, reason) {
    if (!this.session || this.pendingMode) return;
    const attempt = this.#attempt;
    await this.voice.silence();
    this.pendingMode = mode;
    this.#tell();
    try {
      if (mode !== 'listen') await this.voice.open();
      // The browser may have asked for the microphone for so long that he has left: what he wanted then counts no more.
      if (attempt !== this.#attempt) return this.#closeInListen();
      performance.mark('mode-requested');
      const session = await request('PATCH', this.#path(), reason ? { mode, reason } : { mode });
      performance.mark('mode-applied');
      this.take(session);
      this.voice.begins(session.talks);
      if (mode === 'listen') this.voice.close();
      // Barge and takeover were confirmed: they begin with an open microphone, which M closes.
      if (mode === 'barge' || mode === 'takeover') await this.talk(true);
    } finally {
      if (attempt === this.#attempt) this.pendingMode = null;
      this.#tell();
    }
  }

  /**
   * Opens or closes his voice; in listen mode it stays closed.
   * @throws {Problem | MicrophoneFault}
   */
  async talk(wants) {
    if (wants && (!this.session || this.phase !== 'live' || this.mode === 'listen')) return;
    await this.voice.talk(wants);
    // Lowered while the microphone was being opened.
    this.#closeInListen();
  }

  /** @returns what the server made of it */
  async #tellTalk(talks) {
    if (!this.session || this.phase !== 'live') return talks;
    const session = await request('PATCH', this.#path(), { talks });
    this.take(session);
    return session.talks;
  }

  /** @param {number} gain dB */
  async hear(participant, gain) {
    this.#gains[participant] = gain;
    if (this.phase === 'live') this.take(await request('PATCH', this.#path(), { gains: { [participant]: gain } }));
  }

  gainOf(participant) { return this.#gains[participant] ?? 0; }

  async cue(text) {
    await request('POST', `${this.#path()}/cues`, { text });
  }

  async leave() {
    if (!this.isActive) return;
    const path = this.session ? this.#path() : null;
    this.#finish(null);
    // What has ended already can't be left, and that is no failure.
    if (path) await request('DELETE', path).catch((problem) => { if (problem.isUnreachable) throw problem; });
  }

  /** The page is being closed: others should not have to wait for a time-out. A handler may come back. */
  leaveInPassing() {
    if (!this.isActive || !this.session || this.mode === 'takeover') return;
    request('DELETE', this.#path(), undefined, { keepalive: true }).catch(() => {});
  }

  /** What the server says of the session now. */
  take(session) {
    if (session.id !== this.session?.id || isOlder(session, this.session)) return;
    const { answer, ...rest } = session;
    this.session = { ...this.session, ...rest };
    if (session.movedTo && this.isActive) return void this.#goOn(session.movedTo);
    if (session.phase === 'ended' && this.isActive) {
      return this.#finish({ title: 'Your session has ended', detail: session.endReason ?? '' });
    }
    if (this.#talkedBefore !== null && this.phase === 'live' && session.phase === 'live') {
      const talks = session.talks && this.#talkedBefore;
      this.#talkedBefore = null;
      this.voice.begins(session.talks);
      // Without a microphone the panel says so.
      this.talk(talks).catch(() => {});
    }
    this.#closeInListen();
    this.#tell();
  }

  /** Also where the server has lowered the mode: his agent has left, or was taken over. */
  #closeInListen() {
    const { voice } = this;
    if (this.mode !== 'listen' || this.pendingMode || !(voice.wants || voice.microphone.isOpen)) return;
    voice.begins(false);
    voice.close();
  }

  /** The call as the events tell it; null once it is gone, with the last that was known of it. */
  follow(call, last) {
    if (!this.isActive || this.#isMoving) return;
    if (call) {
      const mine = call.sessions.find((session) => session.id === this.session?.id);
      if (mine && this.phase === 'live') {
        const speaks = call.matrix.some((route) => route.medium === 'voice' && route.from === mine.participant);
        this.awaitsMatrix &&= speaks && mine.mode !== 'takeover';
      }
      if (mine?.movedTo) return void this.#goOn(mine.movedTo);
      if (mine?.phase === 'ended' && call.phase !== 'answered') return this.#endWith(call);
      if (mine && this.phase !== 'returning') this.take(mine);
      else if (mine) this.session = { ...this.session, ...mine, mode: this.session.mode };
    } else if (this.session) {
      this.#settleEnd(last);
    }
  }

  /** The call is gone. Whether he goes on with its agent elsewhere is known of the session, which may be asked for longer. */
  async #settleEnd(last) {
    const attempt = this.#attempt;
    const session = await request('GET', this.#path()).catch(() => null);
    if (attempt !== this.#attempt || !this.isActive) return;
    if (session?.movedTo) this.take(session);
    else this.#endWith(last);
  }

  /**
   * The agent was taken into another call, and his supervisor with him: by the same sound, with a closed voice. Which call
   * that is the new session says; where it is none of his, there is no such session for him.
   */
  async #goOn(id) {
    if (this.#isMoving || this.session.id === id) return;
    const attempt = this.#attempt;
    this.#isMoving = true;
    this.voice.begins(false);
    this.voice.close();
    this.pendingMode = null;
    this.#talkedBefore = null;
    this.session = { ...this.session, id, phase: 'authorising', talks: false, modeSince: undefined, movedTo: undefined };
    this.#tell();
    const until = performance.now() + movePatience;
    while (attempt === this.#attempt) {
      const session = await request('GET', this.#path()).catch(() => null);
      if (attempt !== this.#attempt) return;
      if (session) {
        this.#isMoving = false;
        this.callId = session.call;
        return this.take(session);
      }
      // The other call may not have taken him in yet.
      if (performance.now() > until) return this.#finish({ title: 'Your session has ended', detail: 'The agent has left the call by a transfer.' });
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  #endWith(call) { this.#finish({ title: 'The call has ended', detail: '', isCallEnd: true, call }); }

  /**
   * A handler who is back is heard as before, by the server's word and by this page's own: open only where both say so.
   * A voice is taken only once the server has the sound of the session.
   */
  #settleVoice(talked) {
    this.#talkedBefore = this.mode === 'takeover' ? talked : null;
    if (this.session) this.take(this.session);
  }

  #path() { return `/v1/supervisions/${encodeURIComponent(this.session.id)}`; }

  #begin(callId) {
    this.#close();
    this.#attempt += 1;
    this.#isMoving = false;
    this.callId = callId;
    this.session = null;
    this.ending = null;
    this.#talkedBefore = null;
    this.awaitsMatrix = false;
    this.voice.fault = null;
    return this.#attempt;
  }

  async #connect(attempt, mode) {
    const offer = await this.sound.offer(this.iceServers);
    if (attempt !== this.#attempt) return;
    const { purpose, reason } = this.#statement;
    const session = await request('POST', `/v1/calls/${encodeURIComponent(this.callId)}/supervisions`, {
      mode, device: { webrtc: { offer } }, ...(purpose ? { purpose } : {}), ...(reason ? { reason } : {}),
    });
    if (attempt !== this.#attempt) {
      // He has gone on to something else meanwhile.
      request('DELETE', `/v1/supervisions/${encodeURIComponent(session.id)}`).catch(() => {});
      return;
    }
    if (!session.answer) {
      throw new Problem({ title: 'The server gave no sound', detail: 'Its answer holds no session description.' });
    }
    const { answer, ...rest } = session;
    this.session = rest;
    this.voice.begins(rest.talks);
    this.#tell();
    await this.sound.accept(answer);
    this.#enter('live');
    if (Object.keys(this.#gains).length > 0) {
      request('PATCH', this.#path(), { gains: this.#gains }).catch(() => {});
    }
  }

  /**
   * Back to the same call: in listen mode, whatever it was before. Who has taken over returns as handler, and with the
   * voice he had, because the customer waits for him; that is the server's word, so no more than listen is asked for.
   */
  async #return(attempt) {
    const talked = this.voice.wants;
    this.voice.close();
    this.pendingMode = null;
    this.awaitsMatrix = true;
    this.#enter('returning');
    const until = performance.now() + patience;
    while (attempt === this.#attempt && this.phase === 'returning') {
      try {
        await this.#connect(attempt, 'listen');
        this.#settleVoice(talked);
        return this.dispatchEvent(new Event('returned'));
      } catch (problem) {
        if (attempt !== this.#attempt || this.phase !== 'returning') return;
        if (problem instanceof Problem && !problem.isTransient && problem.status !== 0) {
          return this.#finish({ title: problem.title, detail: problem.detail });
        }
        if (performance.now() > until) {
          return this.#finish({ title: 'The connection could not be brought back', detail: 'Listen again when the network is there.' });
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  #finish(ending) {
    this.#attempt += 1;
    this.#isMoving = false;
    this.#close();
    this.ending = ending ? { ...ending, at: serverNow() } : null;
    this.#enter(ending ? 'over' : 'idle');
  }

  #close() {
    this.voice.close();
    this.pendingMode = null;
    this.sound.close();
  }

  #enter(phase) {
    this.phase = phase;
    if (phase === 'idle' || phase === 'over') this.#rememberTakeover(null);
    this.#tell();
  }

  /** A reload of this tab goes back to the session that it handles. */
  #rememberTakeover(id) {
    if (id === this.#remembered) return;
    this.#remembered = id;
    rememberInTab('handles', id);
  }

  #tell() {
    if (this.phase === 'live') this.#rememberTakeover(this.mode === 'takeover' ? this.session.id : null);
    this.dispatchEvent(new Event('change'));
  }
}

/** An event may be overtaken by the answer to a request: the mode it tells is over. */
const isOlder = (told, known) => Date.parse(told.modeSince) < Date.parse(known.modeSince);
