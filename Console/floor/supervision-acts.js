import { askBefore, askBeforeLeaving } from './mode-questions.js';
import { request } from '../shared/api.js';
import { notices } from '../shared/notices.js';

/** What the supervisor does, from whatever button or key: asks first where that is due, and tells what went wrong. */
export class SupervisionActs {
  /** What is being asked or changed; null for nothing. */
  #asked = null;

  constructor(page) {
    this.page = page;
    this.supervision = page.supervision;
    const { panel } = page;
    panel.addEventListener('listen', () => this.listen(page.shownCall?.id));
    panel.addEventListener('again', () => this.listen(this.supervision.callId));
    this.supervision.addEventListener('returned', () => this.#try(() => this.#refresh()));
    panel.addEventListener('leave', () => this.leave());
    panel.addEventListener('start-sound', () => this.supervision.sound.start());
    panel.modes.addEventListener('mode', ({ detail }) => this.mode(detail));
    panel.talk.addEventListener('talk', ({ detail }) => this.#try(async () => {
      await this.supervision.talk(detail);
      await this.#refresh();
    }));
    panel.volumes.addEventListener('gain', ({ detail }) =>
      this.#try(() => this.supervision.hear(detail.participant, detail.gain)));
    panel.cues.addEventListener('cue', ({ detail }) => this.#try(async () => {
      await this.supervision.cue(detail);
      panel.cues.sentOff(detail);
    }));
    panel.notes.addEventListener('note', ({ detail }) => this.#try(async () => {
      await request('POST', `/v1/calls/${encodeURIComponent(page.shownCall.id)}/notes`, { text: detail });
      panel.notes.saved(detail);
    }));
  }

  /** Listens to a call; one that is supervised already is left for it. */
  async listen(callId) {
    const { supervision, page } = this;
    performance.mark('listen-click');
    const call = page.store.calls.get(callId);
    if (!call) return;
    if (supervision.isActive && supervision.callId === callId) {
      page.panel.heading.focus();
      return;
    }
    await this.#once(async () => {
      const statement = await askBefore('listen', call, page.info.policy, { hasPurpose: false });
      if (!statement) return;
      if (supervision.isActive && !(await this.#leave())) return;
      page.followed = call;
      await supervision.join(callId, statement);
    });
  }

  /** Changes the mode. The focus follows to the voice's button, where that is the next thing to be used. */
  async mode(mode) {
    const { supervision, page } = this;
    const call = page.shownCall;
    if (supervision.phase !== 'live' || supervision.mode === mode || !call) return;
    await this.#once(async () => {
      const needsPurpose = page.info.policy.purposeRequired?.includes(mode) && !supervision.hasPurpose;
      const statement = await askBefore(mode, call, page.info.policy, { hasPurpose: !needsPurpose });
      if (!statement || supervision.phase !== 'live') return;
      if (statement.purpose) {
        // A purpose belongs to a whole session, so this begins another one.
        await supervision.leave();
        await supervision.join(call.id, statement);
      }
      const { callId } = supervision;
      try {
        await supervision.changeMode(mode, statement.reason);
      } catch (problem) {
        // He has left while it was being asked for.
        if (supervision.isActive && supervision.callId === callId) throw problem;
        return;
      }
      await this.#refresh();
      if (mode === 'whisper') page.panel.talk.button.focus();
    });
  }

  /** At any time, also while an agent is asked whether he accepts a whisper. */
  async leave() {
    await this.#try(() => this.#leave());
    if (!this.supervision.isActive) this.#asked = null;
  }

  async #leave() {
    const call = this.page.shownCall;
    if (this.supervision.mode === 'takeover' && call && !(await askBeforeLeaving(call))) return false;
    await this.supervision.leave();
    return true;
  }

  /** The matrix as it is now: sooner than the next event, which may take a quarter of a second. */
  async #refresh() {
    const { callId, isActive } = this.supervision;
    if (isActive) this.page.store.put(await request('GET', `/v1/calls/${encodeURIComponent(callId)}`));
  }

  /** One question or change at a time; who leaves waits for none of them any more. */
  async #once(act) {
    if (this.#asked) return;
    const asked = Symbol('asked');
    this.#asked = asked;
    await this.#try(act);
    if (this.#asked === asked) this.#asked = null;
  }

  async #try(act) {
    try {
      await act();
    } catch (problem) {
      // What the panel says already: that the session is over, or why there is no microphone.
      const { ending, voice } = this.supervision;
      if (ending?.title !== problem.title && voice.fault !== problem) notices().fail(problem);
    }
  }
}
