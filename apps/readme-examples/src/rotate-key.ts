import { auth } from './own-tokens.js'

export const replaceLeakedKey = () => auth.rotateSigningKey()
