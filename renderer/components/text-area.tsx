import {
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  FieldError,
  Label,
  Text,
} from 'react-aria-components'

interface TextAreaProps {
  readonly label: string
  /** Who reads it; below the field. */
  readonly hint: string
  readonly value: string
  readonly maxLength: number
  readonly isRequired?: boolean
  readonly autoFocus?: boolean
  readonly onChange: (value: string) => void
}

/** A few lines that somebody else reads. */
export function TextArea({ label, hint, ...props }: TextAreaProps) {
  return (
    <AriaTextField {...props} className="field">
      <Label>{label}</Label>
      <AriaTextArea rows={2} />
      <Text slot="description" className="field-hint">
        {hint}
      </Text>
      <FieldError className="field-error" />
    </AriaTextField>
  )
}
