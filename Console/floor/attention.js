import { createdAt } from './call-facts.js';
import { durationText } from '../shared/clock.js';

// Which calls come first, and why. Pure functions.

/** Weight of a flag in the order, and its word in a row. */
const kinds = {
  'help-asked': { weight: 0, word: 'Help' },
  'long-hold': { weight: 4, word: 'Long hold' },
  'long-call': { weight: 2, word: 'Long call' },
  'customer-tier': { weight: 1, word: 'Tier' },
};

/** The flags that hold at `now` (server time, ms). A raised hand is shown by itself. */
export function flagsInForce(call, now) {
  return (call.flags ?? []).filter((flag) => flag.kind !== 'help-asked' && Date.parse(flag.at) <= now);
}

export const flagWord = (flag) => kinds[flag.kind]?.word ?? flag.kind.replaceAll('-', ' ');

export const asksForHelp = (call) => Boolean(call.hand);

/** A customer's tier alone is no need. */
export const needsAttention = (call, now) =>
  asksForHelp(call) || flagsInForce(call, now).some((flag) => flag.kind !== 'customer-tier');

/** When the next flag comes into force by time alone; Infinity for never. */
export function nextFlagAt(call, now) {
  return Math.min(Infinity, ...(call.flags ?? []).map((flag) => Date.parse(flag.at)).filter((at) => at > now));
}

/** Sorted before what is greater: raised hands by age, then the weight of flags, then the longest call, then the id. */
export function attentionKey(call, now) {
  const weight = flagsInForce(call, now).reduce((sum, flag) => sum + (kinds[flag.kind]?.weight ?? 1), 0);
  return [call.hand ? Date.parse(call.hand.since) : Infinity, -weight, createdAt(call), call.id];
}

export function compareKeys(a, b) {
  for (let index = 0; index < a.length; index += 1) {
    if (a[index] < b[index]) return -1;
    if (a[index] > b[index]) return 1;
  }
  return 0;
}

export function handText(call, now) {
  const word = call.hand.word ? `: ${call.hand.word}` : '';
  return `Asks for help${word} (${durationText(now - Date.parse(call.hand.since))})`;
}
