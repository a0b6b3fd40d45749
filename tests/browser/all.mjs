// All tests in one process, and so in one Chromium; each file runs alone as well.

for (const name of ["start", "page", "stage", "access", "inputs", "trouble", "webgpu"]) await import(`./${name}.test.mjs`);
