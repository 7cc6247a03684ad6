import { mkdirSync, writeFileSync } from 'node:fs'
import { complianceReport, reportFile } from './compliance-report.js'

mkdirSync(new URL('.', reportFile), { recursive: true })
writeFileSync(reportFile, complianceReport())
