import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
} from 'react-aria-components'

interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children' | 'isInvalid'> {
  readonly label: string
  readonly placeholder?: string
  /** What is to be typed; below the field. */
  readonly hint?: string | null
  /** Why what was typed will not do; null for nothing. */
  readonly error?: string | null
  readonly size?: 'normal' | 'large'
}

/** A line of technical text: an address, a port. */
export function TextField({
  label,
  placeholder = '',
  hint = null,
  error = null,
  size = 'normal',
  ...props
}: TextFieldProps) {
  return (
    <AriaTextField {...props} className={`field ${size}`} isInvalid={error !== null}>
      <Label>{label}</Label>
      <Input placeholder={placeholder} spellCheck={false} autoCapitalize="off" autoComplete="off" />
      {hint !== null && error === null && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  )
}
