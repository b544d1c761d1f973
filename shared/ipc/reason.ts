/** Longest reason and longest note, in characters. The window holds its fields against it, so that this stands without zod. */
export const maxReasonChars = 500
