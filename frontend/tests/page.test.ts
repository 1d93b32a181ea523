import { render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import Page from '../src/routes/[...place]/+page.svelte';

test('the page says what it belongs to', () => {
  render(Page);
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('TEMPO');
});
