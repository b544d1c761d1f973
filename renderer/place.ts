/** What the window shows beside the sidebar. */
export type Place =
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'add' }
  | { readonly kind: 'settings' }
