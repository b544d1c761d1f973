import { Switch as AriaSwitch } from 'react-aria-components'

interface SwitchProps {
  readonly label: string
  readonly detail?: string
  readonly isSelected: boolean
  readonly isDisabled?: boolean
  readonly onChange: (isSelected: boolean) => void
}

/** A setting that is on or off, at once. */
export function Switch({ label, detail, isDisabled = false, isSelected, onChange }: SwitchProps) {
  return (
    <AriaSwitch className="switch" isSelected={isSelected} isDisabled={isDisabled} onChange={onChange}>
      <span className="text">
        <span className="first">{label}</span>
        {detail !== undefined && <span className="second">{detail}</span>}
      </span>
      <span className="switch-track" aria-hidden="true">
        <span className="switch-thumb" />
      </span>
    </AriaSwitch>
  )
}
