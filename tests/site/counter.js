// @ts-check
// Draws a number that counts frames, and the time at which it was drawn, as 64 black (0) or white (1) cells:
// 16 columns, 4 rows, most significant bit first. A fixed word and a checksum tell a whole code from a torn one.
//
//   16 bits counter | 32 bits Date.now() | 8 bits sum of the six bytes before | 8 bits 0xA5
//
// `probe.js` reads it.

(() => {
    const CELL_PX = 10;
    const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("canvas"));
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    let counter = 0;

    /** @param {number} count @param {number} timeMs */
    const encode = (count, timeMs) => {
        const bytes = [count >> 8, count, timeMs >>> 24, timeMs >>> 16, timeMs >>> 8, timeMs].map((b) => b & 255);
        const sum = bytes.reduce((a, b) => a + b, 0) & 255;
        return [...bytes, sum, 0xa5];
    };

    const draw = () => {
        counter = (counter + 1) & 0xffff;
        const code = encode(counter, Date.now() % 2 ** 32);
        code.forEach((byte, index) => {
            for (let bit = 0; bit < 8; bit += 1) {
                const cell = index * 8 + bit;
                context.fillStyle = byte & (128 >> bit) ? "#fff" : "#000";
                context.fillRect((cell % 16) * CELL_PX, Math.floor(cell / 16) * CELL_PX, CELL_PX, CELL_PX);
            }
        });
        requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);

    const button = /** @type {HTMLButtonElement} */ (document.querySelector("#sound"));
    button.addEventListener("click", async () => {
        const audio = new AudioContext();
        const gain = new GainNode(audio, { gain: 0.3 });
        const tone = new OscillatorNode(audio, { frequency: 440 });
        tone.connect(gain).connect(audio.destination);
        tone.start();
        await audio.resume();
        button.textContent = "Playing 440 Hz";
    });
})();
