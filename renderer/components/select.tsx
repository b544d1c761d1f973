import { Check, ChevronsUpDown } from 'lucide-react'
import {
  Select as AriaSelect,
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SelectValue,
} from 'react-aria-components'

interface SelectProps<T extends string> {
  readonly label: string
  /** Shows no label beside it; it is still its name. */
  readonly isLabelHidden?: boolean
  readonly value: T
  readonly options: ReadonlyArray<{ readonly id: T; readonly label: string }>
  readonly onChange: (value: T) => void
}

/** One of a few. */
export function Select<T extends string>(props: SelectProps<T>) {
  const { label, isLabelHidden = false, value, options, onChange } = props
  return (
    <AriaSelect
      className="select"
      value={value}
      onChange={(key) => {
        const option = options.find(({ id }) => id === key)
        if (option !== undefined) onChange(option.id)
      }}
    >
      <Label className={isLabelHidden ? 'visually-hidden' : 'first'}>{label}</Label>
      <Button className="button plain normal">
        <SelectValue />
        <ChevronsUpDown size={13} aria-hidden="true" />
      </Button>
      <Popover className="popover" placement="bottom end" offset={4}>
        <ListBox className="menu" items={options}>
          {({ id, label: text }) => (
            <ListBoxItem id={id} textValue={text} className="menu-item">
              {({ isSelected }) => (
                <>
                  <span>{text}</span>
                  {isSelected && <Check size={14} aria-hidden="true" />}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}
