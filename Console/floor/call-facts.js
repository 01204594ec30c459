// What the pages read out of a CallDocument. Pure functions.

export const modeNames = { listen: 'Listen', whisper: 'Whisper', barge: 'Barge', takeover: 'Takeover' };

const phaseNames = {
  connecting: 'Connecting', ringing: 'Ringing', early: 'Ringing', answered: 'Talking', ending: 'Ending', ended: 'Ended',
};

export const participant = (call, id) => call.participants.find((party) => party.id === id);

const withRole = (call, role) => call.participants.filter((party) => party.role === role);

/** A person, as people call him. */
export const nameOf = (party) => party?.name || party?.address || 'Unknown';

export function agentName(call) {
  const agents = withRole(call, 'agent');
  return agents.length > 0 ? agents.map(nameOf).join(', ') : call.agents.join(', ') || 'No agent';
}

export function customerName(call) {
  const customer = withRole(call, 'customer')[0];
  return customer?.name || call.customerNumber || customer?.address || 'Internal call';
}

/** `Talking`, `On hold`, `Ringing`, … */
export function stateName(call) {
  if (call.phase === 'answered') {
    if (call.parked) return `Parked at ${call.parked.slot}`;
    if (call.transferring) return 'Transferring';
    if (call.heldBy.length > 0) return 'On hold';
    if (call.conference) return 'Conference';
  }
  return phaseNames[call.phase] ?? call.phase;
}

/** For filters and colours: `talking`, `hold`, `ringing`, `ended`. */
export function stateKey(call) {
  if (call.phase === 'answered') return call.heldBy.length > 0 || call.parked ? 'hold' : 'talking';
  return call.phase === 'ending' || call.phase === 'ended' ? 'ended' : 'ringing';
}

const transferTexts = {
  park: ({ from }) => `${from} has parked the call.`,
  retrieval: ({ to }) => `${to} has fetched the call.`,
  recall: ({ to }) => `Nobody came; ${to} was called back.`,
  conference: ({ to }) => `${to} has joined.`,
};

/** What the last transfer did, in words; empty while there was none. */
export function transferText(call) {
  const last = call.transfers?.at(-1);
  if (!last) return '';
  return (transferTexts[last.kind] ?? (({ from, to }) => `Transferred from ${from} to ${to}.`))(last);
}

/** Below this score, of 4.5, people complain of the sound. */
const poorScore = 3.5;

/** The worst direction between Earshot and customer or agent, if people would complain of it: `{party, mos, loss}`. */
export function poorSound(call) {
  const streams = call.participants.filter((party) => party.role === 'customer' || party.role === 'agent')
    .flatMap((party) => [party.quality?.received, party.quality?.sent].filter(Boolean).map((stream) => ({ party, ...stream })));
  const worst = streams.reduce((a, b) => (!a || b.mos < a.mos ? b : a), null);
  return worst && worst.mos < poorScore && call.phase === 'answered' ? worst : null;
}

export const livingSessions = (call) => call.sessions.filter((session) => session.phase !== 'ended');

export const ownSession = (call, user) => livingSessions(call).find((session) => session.supervisor === user);

export const createdAt = (call) => {
  call.createdTime ??= Date.parse(call.created);
  return call.createdTime;
};
