import type { Configuration } from 'oidc-provider'
import { escapeHtml } from '#shared/errors/page.ts'
import { page } from './login-page.ts'

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>

/** The pages of a sign-in on another device (RFC 8628): enter the code, confirm it, done. */
export const devicePages: DeviceFlow = {
  enabled: true,
  userCodeInputSource(context, form, _out, error) {
    const note = error === undefined ? '' : '<p class="error" role="alert">This code is not right.</p>'
    context.body = page(
      'Sign in on another device',
      `${note}${form}<button form="op.deviceInputForm">Continue</button>`,
    )
  },
  userCodeConfirmSource(context, form, _client, _device, userCode) {
    context.body = page(
      'Confirm the device',
      `<p>Does the other device show <code>${escapeHtml(userCode)}</code>?</p>${form}
<button form="op.deviceConfirmForm">Yes, sign in there</button>
<button form="op.deviceConfirmForm" name="abort" value="yes">No</button>`,
    )
  },
  successSource(context) {
    context.body = page('Signed in', '<p>You are signed in on the other device.</p>')
  },
}
