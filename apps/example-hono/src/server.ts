console.log('example-hono is not written yet')
