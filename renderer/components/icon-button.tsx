import type { LucideIcon } from 'lucide-react'
import { Button, type ButtonProps, Tooltip, TooltipTrigger } from 'react-aria-components'

interface IconButtonProps extends Omit<ButtonProps, 'className' | 'style' | 'children' | 'aria-label'> {
  readonly icon: LucideIcon
  /** Its name for screen readers, and its tooltip. */
  readonly label: string
}

/** The room of one that is not there, so that those of other rows stand below each other. */
export function IconGap() {
  return <span className="icon-gap" aria-hidden="true" />
}

export function IconButton({ icon: Icon, label, ...props }: IconButtonProps) {
  return (
    <TooltipTrigger delay={600} closeDelay={0}>
      <Button {...props} className="icon-button" aria-label={label}>
        <Icon size={15} aria-hidden="true" />
      </Button>
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  )
}
