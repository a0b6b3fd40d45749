// All tests of the CPU in one process, and so in one Chromium; those of WebGPU, which wait for its software
// most of the time, run beside it. Each file runs alone as well.

for (const name of ["start", "page", "stage", "access", "inputs", "upscale", "addmodel", "picture", "edit", "tools", "translate", "trouble"]) await import(`./${name}.test.mjs`);
