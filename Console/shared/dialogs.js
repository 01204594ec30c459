import { el, uniqueId } from './dom.js';

/**
 * Asks before something is done. Resolves to the values of its fields, or null when it was cancelled.
 *
 * @param {{title: string, lines?: string[], fields?: {name: string, label: string, required?: boolean, isLong?: boolean, value?: string}[],
 *   confirm: string, tone?: string, test?: string}} question
 */
export function ask({ title, lines = [], fields = [], confirm, tone = 'plain', test = 'confirm' }) {
  return new Promise((resolve) => {
    const heading = uniqueId('ask');
    const text = uniqueId('ask-text');
    const inputs = fields.map((field) => ({ field, input: input(field) }));
    const form = el('form', { method: 'dialog' },
      el('h2', { id: heading }, title),
      el('div', { id: text }, lines.map((line) => el('p', {}, line))),
      inputs.map(({ field, input }) => el('label', { class: 'field' },
        el('span', {}, field.label, field.required || field.isLong ? '' : ' (optional)'), input)),
      el('div', { class: 'buttons' },
        el('button', { type: 'button', 'data-test': `${test}-cancel`, onclick: () => dialog.close() }, 'Cancel'),
        el('button', { type: 'submit', class: `primary ${tone}`, 'data-test': `${test}-accept` }, confirm)));
    const dialog = el('dialog', {
      class: `ask ${tone}`, 'aria-labelledby': heading, 'aria-describedby': text, 'data-test': `${test}-dialog`,
    }, form);
    let answer = null;
    form.addEventListener('submit', () => {
      answer = Object.fromEntries(inputs.map(({ field, input }) => [field.name, input.value.trim()]));
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    // The cautious choice has the focus where nothing is to be filled in: Enter alone opens no voice.
    (inputs[0]?.input ?? form.querySelector('.buttons button')).focus();
  });
}

function input({ name, required, isLong = false, value = '' }) {
  const attributes = { name, required: Boolean(required), autocomplete: 'off', 'data-test': `ask-${name}` };
  const element = isLong ? el('textarea', { ...attributes, rows: 8, maxlength: 4000 }) : el('input', { ...attributes, maxlength: 200 });
  element.value = value;
  return element;
}
