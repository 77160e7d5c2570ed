// @ts-check
// What the tests see and hear in a received stream. Evaluated in the page that shows it; see `counter.js` for
// the code that is read here.

(() => {
    const COLUMNS = 16;
    const ROWS = 4;
    // Where the counter page puts the canvas, as shares of the window.
    const CANVAS = { left: 0.1, top: 0.2, width: 0.8, height: 0.6 };
    // Wide enough for a cell to be many pixels, small enough to be read in a millisecond or two.
    const SAMPLE = { width: 480, height: 270 };

    /** @param {number[]} bytes */
    const decode = (bytes) => {
        const sum = bytes.slice(0, 6).reduce((a, b) => a + b, 0) & 255;
        if (bytes[6] !== sum || bytes[7] !== 0xa5) return null;
        const drawnAtMs = ((bytes[2] << 24) | (bytes[3] << 16) | (bytes[4] << 8) | bytes[5]) >>> 0;
        return { counter: (bytes[0] << 8) | bytes[1], drawnAtMs };
    };

    /**
     * The part of the picture that is not black bars: a stream may have another shape than the window.
     * @param {(x: number, y: number) => number} light @param {number} width @param {number} height
     */
    const window_in = (light, width, height) => {
        const lit = (/** @type {number} */ x, /** @type {number} */ y) => light(x, y) > 128;
        // The page's edges are white, so the middle row and column leave the bars where the page begins; the
        // canvas is inside of them.
        let [left, right, top, bottom] = [0, width - 1, 0, height - 1];
        while (left < right && !lit(left, height >> 1)) left += 1;
        while (right > left && !lit(right, height >> 1)) right -= 1;
        while (top < bottom && !lit(width >> 1, top)) top += 1;
        while (bottom > top && !lit(width >> 1, bottom)) bottom -= 1;
        return { left, top, width: right - left + 1, height: bottom - top + 1 };
    };

    const canvas = new OffscreenCanvas(SAMPLE.width, SAMPLE.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });

    /** @param {CanvasImageSource} source */
    const readCounter = (source) => {
        if (!context || (source instanceof HTMLVideoElement && source.readyState < 2)) return null;
        const { width, height } = SAMPLE;
        context.drawImage(source, 0, 0, width, height);
        const { data } = context.getImageData(0, 0, width, height);
        // Green stands for all three: the code is black and white.
        const light = (/** @type {number} */ x, /** @type {number} */ y) => data[(y * width + x) * 4 + 1];
        const view = window_in(light, width, height);
        const bytes = new Array(8).fill(0);
        for (let cell = 0; cell < COLUMNS * ROWS; cell += 1) {
            const column = (cell % COLUMNS) + 0.5;
            const row = Math.floor(cell / COLUMNS) + 0.5;
            const x = view.left + view.width * (CANVAS.left + (CANVAS.width * column) / COLUMNS);
            const y = view.top + view.height * (CANVAS.top + (CANVAS.height * row) / ROWS);
            if (light(Math.round(x), Math.round(y)) > 128) bytes[cell >> 3] |= 128 >> (cell & 7);
        }
        return decode(bytes);
    };

    /**
     * The loudest frequency of a stream and its loudness, over the given time.
     * @param {MediaStream} stream @param {number} durationMs
     */
    const measureTone = async (stream, durationMs) => {
        const audio = new AudioContext();
        await audio.resume();
        const analyser = new AnalyserNode(audio, { fftSize: 16384, smoothingTimeConstant: 0 });
        audio.createMediaStreamSource(stream).connect(analyser);
        // A silent source that ends after the time, by the clock of the sound itself.
        const span = new ConstantSourceNode(audio, { offset: 0 });
        span.connect(audio.destination);
        const over = new Promise((done) => span.addEventListener("ended", done));
        span.start();
        span.stop(audio.currentTime + durationMs / 1000);
        await over;
        const spectrum = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(spectrum);
        const samples = new Float32Array(analyser.fftSize);
        analyser.getFloatTimeDomainData(samples);
        await audio.close();
        const peak = spectrum.indexOf(Math.max(...spectrum));
        const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
        return { hz: (peak * audio.sampleRate) / analyser.fftSize, rms };
    };

    Object.assign(globalThis, { readCounter, measureTone });
})();
