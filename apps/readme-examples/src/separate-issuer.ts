import { OAuthProvider } from '@tollgate/auth-core'
import { mcpAuthRouter } from '@tollgate/auth-express'
import express from 'express'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  baseUrl: 'https://login.example.com',
  resources: ['https://api.example.com/mcp'],
})

export const app = express().use(mcpAuthRouter(auth))
