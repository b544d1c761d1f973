import { Check } from 'lucide-react'
import { Label, Radio, RadioGroup } from 'react-aria-components'
import { type EnvironmentColor, environmentColors } from '#shared/ipc/environment-color.ts'

interface ColorChoiceProps {
  readonly value: EnvironmentColor
  readonly onChange: (color: EnvironmentColor) => void
}

export function ColorChoice({ value, onChange }: ColorChoiceProps) {
  return (
    <RadioGroup
      className="color-choice"
      orientation="horizontal"
      value={value}
      onChange={(chosen) => {
        const color = environmentColors.find((known) => known === chosen)
        if (color !== undefined) onChange(color)
      }}
    >
      <Label className="first">Colour</Label>
      <div className="swatches">
        {environmentColors.map((color) => (
          <Radio key={color} value={color} aria-label={color} className="swatch" data-color={color}>
            {({ isSelected }) => isSelected && <Check size={14} strokeWidth={3} aria-hidden="true" />}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  )
}
