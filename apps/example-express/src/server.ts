console.log('example-express is not written yet')
