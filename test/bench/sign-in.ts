/** `node sign-in.ts <url> <user>`: signs in on the side where it is run, as the browser there would. */
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'

await signInOverHttp(process.argv[2] as string, process.argv[3] as string)
