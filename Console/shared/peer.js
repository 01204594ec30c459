// One audio connection to Earshot: offers and answers without trickle, because the other side (ICE-lite) has all of its
// candidates in the description and needs none of ours.

/** Longest wait for candidates, ms. */
const gathering = 1000;

/** Events: `stream` (detail: MediaStream), `state` (of the connection). */
export class Peer extends EventTarget {
  constructor({ iceServers = [] } = {}) {
    super();
    this.hasRelay = iceServers.length > 0;
    this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.connection.ontrack = ({ track, streams }) => {
      this.dispatchEvent(new CustomEvent('stream', { detail: streams[0] ?? new MediaStream([track]) }));
    };
    const tell = () => this.dispatchEvent(new Event('state'));
    this.connection.onconnectionstatechange = tell;
    this.connection.oniceconnectionstatechange = tell;
  }

  get state() { return this.connection.connectionState; }

  get #transceiver() { return this.connection.getTransceivers()[0]; }

  get sender() { return this.#transceiver?.sender ?? null; }

  /**
   * A description to send. Without a track nothing is sent, though the connection could.
   * @param {string} direction of a new connection; one that stands keeps its own
   */
  async offer(track = null, direction = 'sendrecv') {
    if (!this.#transceiver) {
      this.connection.addTransceiver('audio', { direction });
      if (track) await this.sender.replaceTrack(track);
    }
    await this.connection.setLocalDescription(await this.connection.createOffer());
    await this.#gathered();
    return this.connection.localDescription.sdp;
  }

  /** The other side's answer to `offer()`. */
  async accept(sdp) {
    await this.connection.setRemoteDescription({ type: 'answer', sdp });
  }

  /** Our answer to an offer of the other side. */
  async answer(sdp, track) {
    await this.connection.setRemoteDescription({ type: 'offer', sdp });
    this.#transceiver.direction = 'sendrecv';
    await this.sender.replaceTrack(track);
    await this.connection.setLocalDescription(await this.connection.createAnswer());
    await this.#gathered();
    return this.connection.localDescription.sdp;
  }

  /** What is sent from now on; null for nothing at all, not even silence. No negotiation. */
  async send(track) {
    await this.sender?.replaceTrack(track);
  }

  /** For the next offer: `sendrecv`, `sendonly` (hold). */
  set direction(direction) { this.#transceiver.direction = direction; }

  close() {
    this.connection.ontrack = null;
    this.connection.onconnectionstatechange = null;
    this.connection.oniceconnectionstatechange = null;
    this.connection.close();
  }

  /** Counters since the beginning; times in ms. */
  async counters() {
    const counters = {
      packets: 0, lost: 0, sent: 0, jitter: null, roundTrip: null, codec: '', asked: 0, answered: 0,
    };
    if (this.connection.signalingState === 'closed') return counters;
    const report = await this.connection.getStats();
    for (const entry of report.values()) {
      if (entry.type === 'inbound-rtp') {
        counters.packets += entry.packetsReceived ?? 0;
        counters.lost += Math.max(0, entry.packetsLost ?? 0);
        counters.jitter = (entry.jitter ?? 0) * 1000;
        counters.codec = codecText(report.get(entry.codecId));
      } else if (entry.type === 'outbound-rtp') {
        counters.sent += entry.packetsSent ?? 0;
      } else if (entry.type === 'candidate-pair') {
        counters.asked += entry.requestsSent ?? 0;
        counters.answered += entry.responsesReceived ?? 0;
        if (entry.nominated && entry.currentRoundTripTime !== undefined) {
          counters.roundTrip = entry.currentRoundTripTime * 1000;
        }
      }
    }
    return counters;
  }

  #gathered() {
    const connection = this.connection;
    if (connection.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, gathering);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') done();
      });
      // With no relay to be waited for, one candidate makes the description complete enough.
      if (!this.hasRelay) connection.addEventListener('icecandidate', done, { once: true });
    });
  }
}

function codecText(codec) {
  if (!codec) return '';
  return `${codec.mimeType.replace('audio/', '')} ${Math.round(codec.clockRate / 1000)} kHz`;
}
