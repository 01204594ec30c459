import { nameOf } from './call-facts.js';

/** After so long without sound from the call, ms, its cause is told. */
export const patience = 2000;

/**
 * Why a listener hears nothing, likeliest cause first. Pure.
 *
 * @param {{call: object, session: object, connection: string, quietFor: number, isBlocked: boolean}}
 *   seen `connection` is the peer's state, `quietFor` ms without a packet since it was made
 * @returns {{kind: string, title: string, detail: string}|null} null: sound arrives, or may still
 */
export function silenceCause({ call, session, connection, quietFor, isBlocked }) {
  if (isBlocked) {
    return { kind: 'autoplay', title: 'The browser holds the sound back', detail: 'It wants a click first.' };
  }
  if (quietFor < patience) return null;
  if (connection !== 'connected') {
    return {
      kind: 'connecting', title: 'No sound yet: the connection isn’t up',
      detail: 'A firewall may keep UDP out. It is tried on; ask your network’s people if it stays so.',
    };
  }
  const mine = call.matrix.filter((route) => route.medium === 'voice' && route.to === session.participant);
  const holder = call.participants.find((party) => call.heldBy.includes(party.id));
  if (holder) {
    return { kind: 'hold', title: 'The call is on hold', detail: `${nameOf(holder)} holds it; sound returns with the call.` };
  }
  if (call.phase !== 'answered') {
    return { kind: 'phase', title: 'The call isn’t answered yet', detail: 'You hear it as soon as it is.' };
  }
  if (mine.length === 0) {
    return { kind: 'closed', title: 'Sound is closed to listeners now', detail: 'Something sensitive may be said. It returns by itself.' };
  }
  return {
    kind: 'network', title: 'No sound arrives from the call',
    detail: 'The connection stands, but no packets come: a phone of the call may send none, or the network drops them.',
  };
}
