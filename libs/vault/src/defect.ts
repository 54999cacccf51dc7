/** An error that is nobody's input and no outage: it parks what it happened to and raises an alert. Has a code, but no kind. */
export const defect = (code: string, message: string): Error => Object.assign(new Error(message), { code });
