import { FluentProvider } from '@fluentui/react-components';
import { fluentThemes } from './theme/theme.ts';
import { useTheme } from './theme/useTheme.ts';
import { Frame } from './views/frame/Frame.tsx';

export function App() {
  const theme = useTheme();
  return (
    <FluentProvider theme={fluentThemes[theme]} className="windeck">
      <Frame />
    </FluentProvider>
  );
}
