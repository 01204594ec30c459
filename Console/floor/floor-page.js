import './call-list.js';
import './call-panel.js';
import './filters.js';
import { CallStore } from './call-store.js';
import { ownSession } from './call-facts.js';
import { passes } from './filters.js';
import { FloorCounts, countsOf } from './floor-counts.js';
import { bindKeys } from './floor-keys.js';
import { floorState } from './floor-state.js';
import { SupervisionActs } from './supervision-acts.js';
import { Supervision } from './supervision.js';
import { goToSignIn, session as account } from '../shared/api.js';
import { learnServerTime, onTick, serverNow } from '../shared/clock.js';
import { Keyboard } from '../shared/keyboard.js';
import { LiveSocket } from '../shared/live-socket.js';
import { pageFrame, signedIn } from '../shared/page-frame.js';
import { rememberedInTab } from '../shared/preferences.js';
import { exposeHeard } from '../shared/sound.js';

/** So long after the page was loaded, ms, a handler is taken back to his call; later he is asked to click. */
const resumption = 15_000;
/** The takeover of this very tab, before its reload. */
const reloaded = performance.getEntriesByType('navigation')[0]?.type === 'reload' ? rememberedInTab('handles', null) : null;

/** The supervisor's page: ties the event stream, the list, the panel and the one live session together. */
class FloorPage {
  store = new CallStore();
  list = document.querySelector('call-list');
  filters = document.querySelector('floor-filters');
  panel = document.querySelector('call-panel');
  notice = document.querySelector('floor-notice');
  counts = new FloorCounts();
  socket = new LiveSocket(() => (this.store.cursor ? `/v1/events?since=${encodeURIComponent(this.store.cursor)}` : '/v1/events'));
  /** When the stream was last known to be live, server time. */
  liveAt = null;
  /** The last state of the call of the live session: it is needed once more when the call has gone. */
  followed = null;
  /** Messages that came before it was known for whom. */
  #early = [];
  #wasAway = false;

  /** The calls are asked for at once, and not only when it is known who asks: the server decides what he gets. */
  constructor() {
    this.socket.addEventListener('message', ({ detail }) => (this.info ? this.#take(detail) : this.#early.push(detail)));
    this.socket.open();
  }

  /** @param info the account that is signed in */
  start(info) {
    this.info = info;
    this.supervision = new Supervision({ iceServers: info.iceServers });
    this.acts = new SupervisionActs(this);
    const keyboard = new Keyboard();
    bindKeys(keyboard, this);
    this.frame = pageFrame(document.querySelector('#bar'), info, { keyboard, middle: [this.counts.element] });
    exposeHeard(() => this.supervision.sound.gauge);
    this.#bind();
    if (!this.mayView) this.socket.close();
    this.frame.show(this.socket.state);
    this.#showNotice();
    this.showPanel();
    for (const message of this.#early.splice(0)) if (this.mayView) this.#take(message);
  }

  get mayView() { return this.info.permissions.includes('view'); }

  /** The call in the panel: the one that is listened to, or else the chosen one. */
  get shownCall() {
    const { supervision } = this;
    if (supervision.isActive) return this.store.calls.get(supervision.callId) ?? this.followed;
    if (!this.mayView) return null;
    return this.store.calls.get(this.list.selected) ?? null;
  }

  showPanel() {
    this.panel.show({
      call: this.shownCall, supervision: this.supervision, info: this.info,
      // Without events the matrix on the screen may be old, so it says nothing.
      isLinked: this.socket.state === 'open' || this.socket.state === 'connecting',
    });
  }

  #bind() {
    this.socket.addEventListener('state', () => this.#linkChanged());
    this.store.addEventListener('change', ({ detail }) => this.#changed(detail));
    this.filters.addEventListener('change', () => this.#showCalls(null));
    this.list.addEventListener('flags', () => this.#showCalls(null));
    this.list.addEventListener('choose', () => this.showPanel());
    this.list.addEventListener('listen', ({ detail }) => this.acts.listen(detail));
    this.notice.addEventListener('act', () => (this.socket.state === 'signed-out' ? goToSignIn() : this.filters.reset()));
    this.supervision.addEventListener('change', () => this.#scheduleDraw());
    onTick(() => this.panel.tick());
    setInterval(() => {
      if (this.supervision.phase === 'live') this.panel.volumes.ownLevel = this.supervision.voice.microphone.level;
    }, 100);
    addEventListener('pagehide', () => this.supervision.leaveInPassing());
  }

  #take(message) {
    this.liveAt = serverNow();
    if (message.type === 'levels') {
      if (message.call === this.supervision.callId) this.panel.volumes.levels = message.levels;
      return;
    }
    this.store.apply(message);
  }

  #changed({ changed, gone, isWhole }) {
    performance.mark('update-begin');
    const { supervision } = this;
    if (supervision.isActive) {
      const call = this.store.calls.get(supervision.callId) ?? null;
      if (call) this.followed = call;
      // A session that is being made may be ahead of the events.
      if (call ? changed.has(call.id) : gone.has(supervision.callId) || isWhole) supervision.follow(call, this.followed);
    }
    this.#showCalls(isWhole ? null : changed);
    this.#resume();
    performance.measure('floor-update', 'update-begin');
  }

  #showCalls(changed) {
    const now = serverNow();
    const all = [...this.store.calls.values()];
    const { user } = this.info;
    this.filters.offer(changed ? [...changed].map((id) => this.store.calls.get(id)).filter(Boolean) : all);
    const { wish, isActive } = this.filters;
    const shown = isActive
      ? new Map(all.filter((call) => passes(call, wish, { user, now })).map((call) => [call.id, call])) : this.store.calls;
    this.list.show(shown, isActive && changed === null ? null : changed, {
      user, now, mayListen: this.info.permissions.includes('listen'), isFiltering: isActive,
    });
    const counts = countsOf(all);
    this.counts.show(counts);
    this.filters.showCounts(counts);
    this.shownCount = shown.size;
    this.#showNotice();
    this.showPanel();
  }

  #showNotice() {
    this.notice.show(floorState({
      link: this.socket.state, isKnown: this.store.isKnown, mayView: this.mayView, count: this.shownCount ?? 0,
      total: this.store.calls.size, isFiltering: this.filters.isActive, since: this.liveAt,
    }));
    document.body.dataset.link = this.socket.state;
  }

  async #linkChanged() {
    const { state } = this.socket;
    this.frame.show(state);
    this.#showNotice();
    this.showPanel();
    if (state !== 'open') {
      this.#wasAway = true;
      // Whoever can't see who hears him doesn't whisper. A conversation is not cut off by it.
      if (state !== 'connecting' && this.supervision.mode === 'whisper') this.supervision.voice.silence();
      return;
    }
    // Rights may have changed while it was away: that is one reason for which it is closed.
    if (!this.#wasAway) return;
    this.#wasAway = false;
    try {
      this.info = await account.read();
      learnServerTime(this.info.serverTime);
      if (!this.mayView) {
        this.socket.close();
        this.store.apply({ type: 'snapshot', calls: [] });
      }
    } catch {
      // The socket finds out by itself.
    }
    this.#showNotice();
    this.showPanel();
  }

  /**
   * A handler goes back to his customer: his session waits for him, or the page he reloaded still counts as there. Opening
   * the floor somewhere else takes no session that lives.
   */
  #resume() {
    if (this.supervision.callId !== null || performance.now() > resumption) return;
    for (const call of this.store.calls.values()) {
      const own = ownSession(call, this.info.user);
      if (own?.mode === 'takeover' && (own.phase === 'away' || own.id === reloaded)) return this.acts.listen(call.id);
    }
  }

  #scheduleDraw() {
    if (this.willDraw) return;
    this.willDraw = true;
    queueMicrotask(() => {
      this.willDraw = false;
      this.showPanel();
    });
  }
}

const notice = document.querySelector('floor-notice');
const page = new FloorPage();
page.start(await signedIn(() => notice.show(floorState({ link: navigator.onLine ? 'gone' : 'offline', mayView: true }))));
