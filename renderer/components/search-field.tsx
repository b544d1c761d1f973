import { Search, X } from 'lucide-react'
import type { RefObject } from 'react'
import { SearchField as AriaSearchField, Button, Input } from 'react-aria-components'

interface SearchFieldProps {
  readonly label: string
  /** The line itself, for who brings the focus there. */
  readonly inputRef?: RefObject<HTMLInputElement | null>
  readonly value: string
  readonly onChange: (value: string) => void
}

/** Narrows what is shown; Escape empties it. */
export function SearchField({ label, inputRef, value, onChange }: SearchFieldProps) {
  return (
    <AriaSearchField className="search" aria-label={label} value={value} onChange={onChange}>
      <Search size={14} aria-hidden="true" />
      <Input
        {...(inputRef && { ref: inputRef })}
        className="search-input"
        placeholder={label}
        spellCheck={false}
      />
      <Button className="search-clear" aria-label="Clear">
        <X size={13} aria-hidden="true" />
      </Button>
    </AriaSearchField>
  )
}
