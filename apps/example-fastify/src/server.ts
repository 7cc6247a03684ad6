console.log('example-fastify is not written yet')
