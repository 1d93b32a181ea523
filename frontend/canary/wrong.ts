export const steps: number = 'three';
