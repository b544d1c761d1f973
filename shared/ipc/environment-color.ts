/** Colours by which people tell their environments apart. Free of zod, so that the window can list them. */
export const environmentColors = ['gray', 'blue', 'green', 'teal', 'purple', 'pink', 'orange', 'red'] as const
export type EnvironmentColor = (typeof environmentColors)[number]
