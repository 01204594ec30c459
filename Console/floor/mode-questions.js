import { agentName, customerName } from './call-facts.js';
import { ask } from '../shared/dialogs.js';

/**
 * What has to be asked before a mode: barge and takeover always, the others where the policy wants a statement.
 * @returns {Promise<{purpose?: string, reason?: string}|null>} null: he thought better of it
 */
export async function askBefore(mode, call, policy, { hasPurpose }) {
  const fields = [];
  if (policy.purposeRequired?.includes(mode) && !hasPurpose) {
    fields.push({ name: 'purpose', label: 'Purpose', required: true });
  }
  if (policy.reasonRequired?.includes(mode)) fields.push({ name: 'reason', label: 'Reason', required: true });
  const agent = agentName(call);
  const customer = customerName(call);
  switch (mode) {
    case 'barge':
      return ask({
        title: 'Join the conversation?', confirm: 'Barge in', tone: 'loud', test: 'barge', fields,
        lines: [`${customer} (the customer) and ${agent} will both hear you, at once, with your microphone open.`],
      });
    case 'takeover':
      return ask({
        title: `Take the call over from ${agent}?`, confirm: 'Take over', tone: 'loud', test: 'takeover', fields,
        lines: [
          `${customer} (the customer) will hear you in ${agent}’s place. ${agent} will no longer be heard, and may be released from the call.`,
          'You are responsible for the customer from then on.',
        ],
      });
    default:
      if (fields.length === 0) return {};
      return ask({
        title: mode === 'listen' ? `Listen to ${agent}?` : `Whisper to ${agent}?`, fields, test: mode,
        confirm: mode === 'listen' ? 'Listen' : 'Whisper',
        lines: ['The policy asks for this; it is kept in the audit.'],
      });
  }
}

/** Leaving after a takeover leaves the customer. */
export function askBeforeLeaving(call) {
  const agent = call.participants.find((party) => party.role === 'agent');
  return ask({
    title: 'Leave the customer?', confirm: 'Leave', tone: 'loud', test: 'leave',
    lines: [agent ? `You have taken this call over. ${agentName(call)} goes on with it.`
      : 'You have taken this call over and the agent has left it: leaving ends it for the customer.'],
  });
}
