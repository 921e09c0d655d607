import { checkFile } from "./check";

export interface Question {
  text: string;
  person: string;
}

onmessage = ({ data }: MessageEvent<Question>) => {
  postMessage(checkFile(data.text, data.person));
};
